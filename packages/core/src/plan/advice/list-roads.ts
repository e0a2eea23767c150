import type { AdviceOption, TimeRange } from '@reembed/contracts';
import { count } from '../../domain/amounts.ts';
import { isAtLeast } from '../../domain/collection-info.ts';
import { minCutOverlap } from '../../domain/cut-overlap.ts';
import { samplePairs } from '../reminders.ts';
import { rows } from './decide.ts';
import { embedding, type Kind, needsTexts, type OptionFacts, type Road, road, sumOf } from './road.ts';
import { copyRoad, hybridRoad, keepRoad, queryModelRoad, requantizeRoad, truncateRoad } from './stored-roads.ts';
import { copyTime, embedTime, mapTime, together } from './time-range.ts';

/** The roads that this spec and its near neighbours could take, the recommended first. */
export function listOptions(facts: OptionFacts): AdviceOption[] {
  const recommended = recommend(facts);
  const embeddable = facts.embeds.length > 0;
  const roads = [
    ...(facts.decisions.every(({ row }) => row === rows.same) ? [keepRoad(facts)] : []),
    ...(embeddable ? [queryModelRoad(facts), ...embedRoads(facts)] : []),
    ...(embeddable || facts.chosen.has('project') ? [projectRoad(facts)] : []),
    ...(facts.decisions.some(({ row }) => row === rows.otherDistance) || facts.chosen.has('copy') ? [copyRoad(facts)] : []),
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
  [rows.same]: 'keep',
  [rows.cut]: 'truncate',
  [rows.sharedSpace]: 'query-model',
  [rows.bridge]: 'project',
  [rows.textless]: null,
  [rows.words]: 'hybrid',
  [rows.otherDistance]: 'copy',
  [rows.rows]: 'copy',
};

/** What the hardest change asks for. Between the three ways to embed anew the spec's word counts, where the server can do it. */
function recommend(facts: OptionFacts): Kind | null {
  const { decisions, chosen, cutSizes, cutOverlaps, serverVersion, requantizes } = facts;
  const hardest = decisions.find(({ reembed }) => reembed) ?? decisions.find(({ row }) => row !== rows.same) ?? decisions[0];
  if (hardest === undefined) return null;
  const kind = byRow[hardest.row];
  if (kind === 'keep' && requantizes) return 'requantize';
  if (kind === 'truncate' && (cutSizes.length === 0 || cutOverlaps.some((kept) => kept !== null && kept < minCutOverlap))) return null;
  if (kind !== undefined && !(kind === 'project' && (!paysByMeasure(facts) || isAsQuick(facts)))) return kind;
  if (chosen.has('in-place') && isAtLeast(serverVersion, 18)) return 'in-place';
  return chosen.has('side-by-side') ? 'side-by-side' : 'new-collection';
}

/** What nobody has measured is no recommendation. */
function paysByMeasure({ mapsPay }: OptionFacts): boolean {
  return mapsPay.length > 0 && mapsPay.every((pays) => pays);
}

/** Whether embedding every text is surely done as soon as a map, which makes and writes every vector, would be. */
function isAsQuick(facts: OptionFacts): boolean {
  const mapped = projectTime(facts).highSeconds ?? Number.POSITIVE_INFINITY;
  return facts.work.every((one) => (embedTime(one).highSeconds ?? Number.POSITIVE_INFINITY) <= mapped);
}

/** Mapping and writing go on together. */
function projectTime({ points, newVectors, maps, workers }: OptionFacts): TimeRange {
  return maps.map((map) => mapTime(points, map, workers)).reduce(together, copyTime(points, sumOf(newVectors)));
}

/** The roads on which every text goes through the new model; they differ in where its vectors come to stand. */
export function embedRoads(facts: OptionFacts): Road[] {
  return [newCollectionRoad(facts), sideBySideRoad(facts), inPlaceRoad(facts)];
}

function newCollectionRoad(facts: OptionFacts): Road {
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

function sideBySideRoad(facts: OptionFacts): Road {
  const risks = [
    'The new collection holds old and new vectors, beside the old collection, until `complete`.',
    'Writes have to bring the new vector along in the end; until then it is filled in.',
  ];
  const twoSteps = facts.queriesStay || !facts.chosen.has('side-by-side');
  const why = twoSteps
    ? 'the alias moves first and queries go on as they are; then applications change `using`, one by one'
    : 'both are there, but what queries ask today is not there under its name: they change in the moment the alias moves';
  return road('side-by-side', `old and new vector side by side${twoSteps ? ', in two steps' : ''}`, {
    ...embedding(facts, 'side'),
    why: needsTexts(facts) ?? why,
    possible: needsTexts(facts) === null,
    risks,
  });
}

function inPlaceRoad(facts: OptionFacts): Road {
  const able = isAtLeast(facts.serverVersion, 18);
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

/** A sample goes through the new model, and every vector through the map that is learnt from it. */
export function projectRoad(facts: OptionFacts): Road {
  const mappable = facts.changes.some(({ recipe, old }) => (recipe === 'embed' || recipe === 'project') && old !== null);
  const pairs = Math.min(facts.points, samplePairs);
  const share = facts.points === 0 ? 0 : pairs / facts.points;
  const made = embedding(facts, 'both');
  const priced = { sync: scaled(made.priceUsd.sync, share), batch: scaled(made.priceUsd.batch, share) };
  const why = !mappable
    ? 'there is no old vector to map from'
    : `a map learnt from ${count(pairs)} pairs; it adds no information, and finds the less of what the new model would the larger the collection is, so it is a bridge for collections past 50 to 100 million points. ${facts.mapsPay.length === 0 ? 'Whether it pays there has to be measured first, by a map that is fitted (docs/learned-maps.md says how) and named under project' : 'What it was measured to find decides whether it is recommended'}`;
  const risks = [
    'Mapped and true vectors must never share a field.',
    'Queries of the new model search it as they are; those of the old model need the same map.',
    'With fewer pairs than a few times the dimensions it finds less than the old vectors do: try it first.',
    'Judge it by retrieval on your own queries, never by cosine.',
  ];
  const time = projectTime(facts);
  return road('project', 'a learned map as a bridge', {
    ...made,
    tokens: Math.round(made.tokens * share),
    priceUsd: priced,
    time,
    why,
    risks,
    possible: mappable && (needsTexts(facts) === null || facts.chosen.has('project')),
  });
}

function scaled(price: number | null, share: number): number | null {
  return price === null ? null : price * share;
}
