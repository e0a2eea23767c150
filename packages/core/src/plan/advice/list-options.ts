import type { AdviceOption, Decision, Plan, TimeRange } from '@reembed/contracts';
import type { Change } from './decide.ts';
import { type Footprint, footprint, type VectorSize } from './footprint.ts';
import { copyTime, type EmbedWork, embedTime, together } from './time-range.ts';

/** Everything the roads are measured by. */
export type OptionFacts = {
  readonly points: number;
  readonly serverVersion: string;
  readonly decisions: readonly Decision[];
  readonly changes: readonly Change[];
  /** What the spec asks for. */
  readonly chosen: ReadonlySet<AdviceOption['kind']>;
  readonly embeds: readonly (Plan['embeds'][number] & { readonly batchPriceUsd: number | null })[];
  readonly work: readonly EmbedWork[];
  /** Mean bytes of a payload, and where it is kept. */
  readonly payload: { readonly bytes: number; readonly onDisk: boolean };
  readonly oldVectors: readonly VectorSize[];
  readonly newVectors: readonly VectorSize[];
  /** Names of models by which the old vectors can be queried too. */
  readonly sameSpace: boolean;
  /** Sizes that the old model can be cut to; empty: none, or not known. */
  readonly cutSizes: readonly number[];
};

type Kind = AdviceOption['kind'];
type Rest = Omit<AdviceOption, 'recommended' | 'chosen'>;

const nothing = { tokens: 0, priceUsd: { sync: 0, batch: 0 } };
const atOnce: TimeRange = { lowSeconds: 0, highSeconds: 60, boundBy: 'a change of configuration' };

/** The roads that this spec and its near neighbours could take, the recommended first. */
export function listOptions(facts: OptionFacts): AdviceOption[] {
  const recommended = recommend(facts);
  const roads = [
    ...(facts.decisions.every(({ row }) => row === 1) ? [keepRoad(facts)] : []),
    ...(facts.embeds.length === 0
      ? []
      : [queryModelRoad(facts), newCollectionRoad(facts), sideBySideRoad(facts), inPlaceRoad(facts), projectRoad(facts)]),
    ...(facts.decisions.some(({ row }) => row === 12) || facts.chosen.has('copy') ? [copyRoad(facts)] : []),
    truncateRoad(facts),
    hybridRoad(facts),
    requantizeRoad(facts),
  ];
  const rank = ({ recommended: first, chosen, possible }: AdviceOption) => (first ? 0 : chosen ? 1 : possible ? 2 : 3);
  return roads
    .map((road) => ({ ...road, recommended: road.kind === recommended, chosen: facts.chosen.has(road.kind) }))
    .toSorted((a, b) => rank(a) - rank(b));
}

const byRow: Readonly<Record<number, Kind | null>> = {
  1: 'keep',
  2: 'truncate',
  4: 'query-model',
  7: 'project',
  9: null,
  10: 'hybrid',
  12: 'copy',
};

/** What the hardest change asks for. Between the three ways to embed anew the spec's word counts, where the server can do it. */
function recommend({ decisions, chosen, serverVersion }: OptionFacts): Kind | null {
  const hardest = decisions.find(({ reembed }) => reembed) ?? decisions.find(({ row }) => row !== 1) ?? decisions[0];
  if (hardest === undefined) return null;
  const kind = byRow[hardest.row];
  if (kind !== undefined) return kind;
  if (chosen.has('in-place') && reaches(serverVersion, 18)) return 'in-place';
  return chosen.has('side-by-side') ? 'side-by-side' : 'new-collection';
}

function keepRoad(facts: OptionFacts): Rest {
  const why = 'model, dimensions and text stay: what is stored is right; quantisation and HNSW change in place (PATCH /collections/…)';
  return road('keep', 'leave the vectors as they are', { ...nothing, points: 0, time: atOnce, why, ...held(facts, 'old') });
}

function queryModelRoad(facts: OptionFacts): Rest {
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

function newCollectionRoad(facts: OptionFacts): Rest {
  const risks = [
    'Until `complete`, disk and memory hold both collections.',
    'The query model has to change in the moment the alias moves.',
  ];
  return road('new-collection', 'embed into a new collection, then move the alias', {
    ...embedding(facts, 'both'),
    why: needsTexts(facts) ?? 'one switch, one rollback, and the old collection stays whole until you say otherwise',
    possible: needsTexts(facts) === null,
    risks,
  });
}

function sideBySideRoad(facts: OptionFacts): Rest {
  const risks = [
    'The new collection holds old and new vectors, beside the old collection, until `complete`.',
    'Writes have to bring the new vector along in the end; until then it is filled in.',
  ];
  return road('side-by-side', 'old and new vector side by side, in two steps', {
    ...embedding(facts, 'side'),
    why: needsTexts(facts) ?? 'the alias moves first and queries go on as they are; then applications change `using`, one by one',
    possible: needsTexts(facts) === null,
    risks,
  });
}

function inPlaceRoad(facts: OptionFacts): Rest {
  const able = reaches(facts.serverVersion, 18);
  const why = able
    ? (needsTexts(facts) ?? 'nothing is copied: the collection gets a second vector, and applications change `using`')
    : `Qdrant ${facts.serverVersion} cannot add a vector to a collection that exists; 1.18 and later can. A new collection is needed`;
  const risks = [
    'It writes to the collection that is searched: pace it.',
    'A text edited after its vector was made keeps the old vector unless the application writes both.',
  ];
  return road('in-place', 'add the new vector to the collection itself', {
    ...embedding(facts, 'in-place'),
    why,
    possible: able && needsTexts(facts) === null,
    risks,
  });
}

/** Pairs a map is learnt from: ten a dimension, twenty thousand at most. */
const pairsPerDimension = 10;
const mostPairs = 20_000;

function projectRoad(facts: OptionFacts): Rest {
  const dimensions = facts.changes.find(({ recipe, old }) => recipe === 'embed' && old !== null)?.old?.dimensions ?? null;
  const pairs = Math.min(facts.points, mostPairs, pairsPerDimension * (dimensions ?? 0));
  const share = facts.points === 0 ? 0 : pairs / facts.points;
  const made = embedding(facts, 'both');
  const priced = { sync: scaled(made.priceUsd.sync, share), batch: scaled(made.priceUsd.batch, share) };
  const why =
    dimensions === null
      ? 'there is no old vector to map from'
      : `a map learnt from ${pairs.toLocaleString('en-US')} pairs; it adds no information (measured: 73 to 96 % of the quality of embedding anew), so it is a bridge for collections past 50 to 100 million points`;
  const risks = [
    'Mapped and true vectors must never share a field.',
    'Queries need the same map, or the new model as it was fitted.',
    'Judge it by retrieval on your own queries, never by cosine.',
  ];
  const time = copyTime(facts.points, sumOf(facts.newVectors));
  return road('project', 'a learned map as a bridge', {
    ...made,
    tokens: Math.round(made.tokens * share),
    priceUsd: priced,
    time,
    why,
    risks,
    possible: dimensions !== null && needsTexts(facts) === null,
  });
}

function copyRoad(facts: OptionFacts): Rest {
  const why =
    'vectors are passed on as they are; a new collection takes what cannot be changed in place, such as the distance or the shards';
  return road('copy', 'copy the vectors into a new collection', {
    ...nothing,
    points: facts.points,
    time: copyTime(facts.points, sumOf(facts.oldVectors)),
    why,
    ...held(facts, 'twice'),
  });
}

function truncateRoad(facts: OptionFacts): Rest {
  const { cutSizes } = facts;
  const able = cutSizes.length > 0 || facts.chosen.has('truncate');
  const why = able
    ? `the first dimensions stand for the whole${cutSizes.length > 0 ? `; sizes: ${cutSizes.join(', ')}` : ''}. Less memory, no model call`
    : 'the old model is not known to be a Matryoshka model: cutting its vectors loses more than their size suggests';
  const risks = ['Queries have to be cut to the same size.', 'The plan measures what a cut loses once the spec asks for one.'];
  return road('truncate', 'cut the stored vectors', {
    ...nothing,
    points: facts.points,
    time: copyTime(facts.points, sumOf(facts.newVectors)),
    why,
    risks,
    possible: able,
    ...held(facts, 'both'),
  });
}

function hybridRoad(facts: OptionFacts): Rest {
  const how = reaches(facts.serverVersion, 20)
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
    ...held(facts, 'twice'),
  });
}

function requantizeRoad(facts: OptionFacts): Rest {
  const why =
    'where memory is the aim: int8 takes a quarter and kept 0.90 to 0.98 of the ten nearest when measured; no migration, nothing embedded';
  const risks = [
    'Binary quantisation suits large, centred vectors only.',
    'It is rebuilt in place while searches go on: compare before and after.',
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

function road(
  kind: Kind,
  title: string,
  rest: Partial<Rest> & Pick<Rest, 'why' | 'points' | 'tokens' | 'priceUsd' | 'time' | 'diskBytes' | 'memoryBytes'>,
): Rest {
  return { kind, title, possible: true, risks: [], ...rest };
}

function embedding(facts: OptionFacts, state: 'both' | 'side' | 'in-place') {
  const { embeds, work, points, newVectors, oldVectors } = facts;
  const written = state === 'side' ? [...oldVectors, ...newVectors] : newVectors;
  return {
    points,
    tokens: embeds.reduce((sum, { totalTokens }) => sum + totalTokens, 0),
    priceUsd: { sync: added(embeds.map(({ priceUsd }) => priceUsd)), batch: added(embeds.map(({ batchPriceUsd }) => batchPriceUsd)) },
    time: work.map(embedTime).reduce(together, copyTime(points, sumOf(written))),
    ...held(facts, state),
  };
}

/** What Qdrant holds at the fullest moment: the old state alone, twice, or beside the new one. */
function held({ points, oldVectors, newVectors, payload }: OptionFacts, state: 'old' | 'twice' | 'both' | 'side' | 'in-place'): Footprint {
  const old = footprint(points, oldVectors, payload);
  if (state === 'old') return old;
  if (state === 'in-place') return footprint(points, [...oldVectors, ...newVectors], payload);
  const target = { twice: oldVectors, both: newVectors, side: [...oldVectors, ...newVectors] }[state];
  const fresh = footprint(points, target, payload);
  return { diskBytes: old.diskBytes + fresh.diskBytes, memoryBytes: old.memoryBytes + fresh.memoryBytes };
}

function needsTexts({ decisions }: OptionFacts): string | null {
  return decisions.some(({ row }) => row === 9) ? 'there are no texts to embed: bring them by source.textFrom' : null;
}

export function reaches(version: string, minor: number): boolean {
  const [major = 0, found = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && found >= minor);
}

function added(prices: readonly (number | null)[]): number | null {
  return prices.reduce<number | null>((sum, price) => (sum === null || price === null ? null : sum + price), 0);
}

function scaled(price: number | null, share: number): number | null {
  return price === null ? null : price * share;
}

function sumOf(vectors: readonly VectorSize[]): number {
  return vectors.reduce((sum, { dimensions }) => sum + dimensions, 0);
}
