import { isAtLeast } from '../../domain/collection-info.ts';
import { minCutOverlap } from '../../domain/cut-overlap.ts';
import { listed, reembed } from '../../domain/words.ts';
import { atOnce, held, nothing, type OptionFacts, type Road, road, sumOf } from './road.ts';
import { copyTime } from './time-range.ts';

export function keepRoad(facts: OptionFacts): Road {
  const why = `model, dimensions and text stay: what is stored is right; quantisation changes in place (${reembed('requantize', facts.collection, '--to', 'scalar')}), HNSW by PATCH`;
  return road('keep', 'leave the vectors as they are', { ...nothing, points: 0, time: atOnce, why, ...held(facts, 'old') });
}

export function queryModelRoad(facts: OptionFacts): Road {
  const why = facts.sameSpace
    ? 'both models share one space: stored vectors stay, and queries come from the other model'
    : 'old and new model are not known to share a space: queries of one would find nothing among vectors of the other';
  const risks = [
    'Compare first: on the same queries at least 0.9 of the ten nearest should stay.',
    'Score thresholds have to be set anew.',
  ];
  return road('query-model', 'change only the model of queries', {
    ...nothing,
    points: 0,
    time: atOnce,
    why,
    risks,
    possible: facts.sameSpace,
    ...held(facts, 'old'),
  });
}

export function copyRoad(facts: OptionFacts): Road {
  const why =
    'vectors are passed on as they are; a new collection takes what cannot be changed in place, such as the distance or the shards';
  return road('copy', 'copy the vectors into a new collection', {
    ...nothing,
    points: facts.points,
    time: copyTime(facts.points, sumOf(facts.oldVectors)),
    why,
    ...held(facts, 'side'),
  });
}

export function truncateRoad(facts: OptionFacts): Road {
  const { cutSizes, cutOverlaps, chosen } = facts;
  const worst = cutOverlaps.reduce<number | null>((least, kept) => (kept === null ? least : Math.min(least ?? 1, kept)), null);
  const why =
    cutSizes.length > 0
      ? `the first dimensions stand for the whole; sizes: ${cutSizes.join(', ')}. Less memory, no model call`
      : 'the old model is not known to be a Matryoshka model: cutting its vectors loses more than their size suggests';
  const risks = [
    'Queries have to be cut to the same size.',
    ...(worst === null
      ? []
      : [
          `In the whole collection about ${Math.round(worst * 100)} % of the ten nearest are expected to stay; ${Math.round(minCutOverlap * 100)} % are wanted.`,
        ]),
    ...(chosen.has('truncate') ? [] : ['The plan measures what a cut loses once the spec asks for one.']),
  ];
  return road('truncate', 'cut the stored vectors', {
    ...nothing,
    points: facts.points,
    time: copyTime(facts.points, sumOf(facts.newVectors)),
    why,
    risks,
    possible: cutSizes.length > 0 || chosen.has('truncate'),
    ...held(facts, 'both'),
  });
}

export function hybridRoad(facts: OptionFacts): Road {
  const learned = facts.changes.flatMap(({ recipe, fresh }) => (recipe === 'sparse' && fresh.model !== null ? [fresh.model] : []));
  return learned.length > 0 ? learnedRoad(facts, learned) : wordsRoad(facts);
}

/** What makes learned words is as fast and as dear as its server. */
function learnedRoad(facts: OptionFacts, models: readonly string[]): Road {
  const { lowSeconds } = copyTime(facts.points, sumOf(facts.oldVectors));
  const by = listed(models);
  return road('hybrid', 'add learned words to the dense search', {
    ...nothing,
    priceUsd: { sync: null, batch: null },
    points: facts.points,
    time: { lowSeconds, highSeconds: null, boundBy: `how fast ${by} answers, which is not known: try it on a part (source.filter)` },
    why: `a sparse vector of weighted words by ${by} beside the dense one; BM25 takes no model, and is what to compare it with`,
    risks: ['Test the learned words alone first, on chunks as they are stored.'],
    ...held({ ...facts, newVectors: [], sparse: { ...facts.sparse, fresh: facts.words } }, 'side'),
  });
}

function wordsRoad(facts: OptionFacts): Road {
  const how = isAtLeast(facts.serverVersion, 20)
    ? 'a text index with `scoring: true` is enough, no vector is added'
    : 'a sparse vector of words beside the dense one';
  const risks = ['Test BM25 alone first, on chunks as they are stored.', 'It wants one language and its stop words: mixed ones weaken it.'];
  const why = `${how}; words bring what embeddings miss (names, codes), often more than another model does`;
  return road('hybrid', 'add BM25 to the dense search', {
    ...nothing,
    points: facts.points,
    time: copyTime(facts.points, sumOf(facts.oldVectors)),
    why,
    risks,
    ...held({ ...facts, newVectors: [], sparse: { ...facts.sparse, fresh: facts.words } }, 'side'),
  });
}

export function requantizeRoad(facts: OptionFacts): Road {
  const why =
    'where memory or speed is the aim: int8 takes a quarter and kept 0.90 to 0.98 of the ten nearest when measured; no migration, nothing embedded. ' +
    `${reembed('requantize', facts.collection, '--to', 'scalar', '--always-ram', '--originals', 'disk')} says what it would do, measures before and after, and says the way back`;
  const risks = [
    'Binary quantisation suits large, centred vectors only.',
    'It is rebuilt in place while searches go on, which are slower meanwhile.',
    'Memory falls only where the originals go on disk; rescoring reads them there.',
  ];
  return road('requantize', 'quantise in place', {
    ...nothing,
    points: 0,
    time: copyTime(facts.points, sumOf(facts.oldVectors)),
    why,
    risks,
    ...held(facts, 'old'),
  });
}
