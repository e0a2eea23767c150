import { count } from '../domain/amounts.ts';
import { isAtLeast } from '../domain/collection-info.ts';
import { fillsAfterSwitch, goesByBatch, isInPlace } from '../domain/recipes-of.ts';
import { reembed } from '../domain/words.ts';
import { estimateEmbeds } from '../recipes/estimate-embeds.ts';
import { type PlanScene, sourceOrigins } from '../recipes/plan-scene.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { noBridgeToFused } from './bridge.ts';
import { changedFieldReminders } from './changed-field-plan.ts';
import { takenOfSample } from './find-earlier.ts';
import { queriesStay } from './old-queries.ts';
import { queryFacts, sceneQueries } from './query-change.ts';
import { smallerPages } from './strict-mode.ts';
import { imageReminders, sameTextReminders, textReminders } from './text-plan.ts';

/** What people forget, where it applies to this spec. */
export function remindersFor(scene: PlanScene): string[] {
  const { spec, around } = scene;
  const { alias, collection } = spec.target;
  if (isInPlace(spec))
    return [
      ...inPlaceReminders(collection),
      ...[noBridgeToFused(spec)].filter((reminder) => reminder !== null),
      ...[smallerPages(scene)].filter((reminder) => reminder !== null),
      ...textReminders(scene),
      ...imageReminders(scene),
      ...sameTextReminders(scene),
      ...targetVectors(spec).flatMap((vector) => vector.warnings(scene)),
    ];
  const stay = queriesStay(queryFacts(sceneQueries(scene)));
  const origins = around.source === null ? {} : sourceOrigins(spec, around.source);
  return [
    ...(alias === null ? [`No alias is given: nothing will be switched, and readers have to be pointed at "${collection}" by hand.`] : []),
    ...(alias !== null && !around.aliases.has(alias)
      ? [`The alias "${alias}" does not exist yet: the switch makes it, and only readers that ask for "${alias}" follow it.`]
      : []),
    ...earlierReminders(scene),
    ...filterReminders(scene),
    ...[smallerPages(scene)].filter((reminder) => reminder !== null),
    ...payloadReminders(scene),
    ...upfrontReminders(scene),
    ...transportReminders(scene),
    ...roadsForMillions(scene),
    ...batchReminders(scene),
    ...(stay ? [] : ['Whatever embeds queries has to change together with the alias: an alias cannot carry the model.']),
    ...textReminders(scene),
    ...imageReminders(scene),
    ...sameTextReminders(scene),
    'While the copy runs, disk and memory hold both collections: plan for twice what the source uses.',
    'The source may be written to all along: sync brings changes with it until the alias moves. Without switch.freeze, a write in that very moment is listed as late.',
    ...(fillsAfterSwitch(spec) && stay ? [twoSteps] : []),
    ...(fillsAfterSwitch(spec) ? [filledIn, ...[noBridgeToFused(spec)].filter((reminder) => reminder !== null)] : []),
    ...(Object.keys(origins).length === 0
      ? ['What made the old vectors is not known: say so in source.vectors, and searches old and new can be compared.']
      : []),
    ...changedFieldReminders(scene),
    ...targetVectors(spec).flatMap((vector) => vector.warnings(scene)),
  ];
}

/** Ranges whose batches are under way at once; the rest follow. */
const batchesAtOnce = 400;

function batchReminders({ spec, points }: PlanScene): string[] {
  if (!goesByBatch(spec)) return [];
  const days = Math.max(1, Math.ceil(points / (batchesAtOnce * spec.copy.rangePoints)));
  return [
    `Texts go by the provider's batch road, at its price by batch: each batch may take 24 h, so the copy may take ${days === 1 ? 'a day' : `${count(days)} days`}, whatever is said of requests. ` +
      'What a batch leaves out, the last few texts, and all that changes later are sent as requests, at the full price.',
  ];
}

/** What is not paid, and until when the collection that has it is needed. */
function earlierReminders({ spec, earlier, sample }: PlanScene): string[] {
  if (earlier === null) return [];
  const { migration, collection } = earlier.earlier;
  return [
    `What migration ${migration} left in "${collection}" and is still right is taken from there, not embedded and paid again: ${takenOfSample(earlier, sample.length)}. ` +
      `Leave "${collection}" until "${spec.target.collection}" is copied; then ${reembed('discard', migration, '--confirm', collection)} deletes it.`,
  ];
}

/** `complete` deletes the source whole. */
function filterReminders({ spec, points, allPoints }: PlanScene): string[] {
  if (spec.source.filter === null) return [];
  return [
    `source.filter matches ${points} of ${allPoints} points: the other ${allPoints - points} stay behind in "${spec.source.collection}", readers of the target do not find them, and ` +
      '`complete` would delete them with the source. A point that stops matching is deleted from the target.',
  ];
}

/** Before 1.18 whatever vector comes later takes another copy of everything. */
function upfrontReminders({ spec, around: { serverVersion } }: PlanScene): string[] {
  if (isAtLeast(serverVersion, 18)) return [];
  return [
    `Qdrant ${serverVersion} adds no vector to a collection that exists (1.18 can): give "${spec.target.collection}" now every vector that you will want soon, such as words (bm25) beside "${Object.keys(spec.vectors).join('", "')}".`,
  ];
}

/** From so many points on, the faster way saves more than a minute. */
const slowToCopy = 500_000;

/** Which way pages go, where it makes a difference that somebody may see. */
function transportReminders({ spec: { copy }, binaryRefusal, points }: PlanScene): string[] {
  if (copy.transport === 'rest') return [];
  if (binaryRefusal === null)
    return [
      'Pages go over gRPC, the faster way: payloads arrive equal, only the order of their keys is lost. Who reads that order sets copy.transport: rest.',
    ];
  return points < slowToCopy ? [] : [`Pages go over REST, because ${binaryRefusal}: over gRPC they go up to twice as fast.`];
}

/** A collection without its payload looks whole until somebody filters, shows a text, or changes the model again. */
function payloadReminders({ spec: { target } }: PlanScene): string[] {
  const { include, exclude } = target.payload;
  if (include.length + exclude.length === 0) return [];
  const what =
    include.length > 0 ? `only ${include.join(', ')} of each payload arrive` : `${exclude.join(', ')} of each payload stay behind`;
  return [
    `target.payload: ${what}. Filters and pages that need the rest find nothing in the target, and a later model cannot embed texts that are not there.`,
  ];
}

function inPlaceReminders(collection: string): string[] {
  return [
    `This writes to "${collection}" itself: a vector is added, payloads and other vectors stay. Cancelling takes the added vector away on a word.`,
    'A text that is edited after its vector was made is not noticed: from then on whatever edits texts has to write the new vector too.',
    'Points that applications write without the new vector are filled in until the migration is completed.',
    'Disk and memory have to hold the added vectors as well, and indexing them takes CPU time beside your searches.',
  ];
}

const twoSteps =
  'The old vector stays beside the new one, so the switch takes two steps: the alias moves and every query goes on as it is; then applications change `using`, one by one.';
const filledIn =
  'After the alias has moved, an application that does not know the new vector writes points without it. They are filled in until the migration is completed; status says how many lacked it.';

/** From so many points on, days of embedding make a learned map worth a thought. */
const manyPoints = 100_000_000;
/** Pairs that a map is taken to be fitted to: five to ten a dimension of the models in use. */
export const samplePairs = 20_000;

/** Past a hundred million points both roads are priced: embedding them all, and a map learnt from a sample with the embedding after it. */
export function roadsForMillions(scene: PlanScene): string[] {
  const { points } = scene;
  if (points < manyPoints) return [];
  return estimateEmbeds(scene).map(({ vector, model, totalTokens, priceUsd }) => {
    const price = (share: number) => (priceUsd === null ? 'at a price that is not known' : `$${(priceUsd * share).toFixed(2)}`);
    const sampled = Math.round((totalTokens / points) * samplePairs);
    return (
      `${count(points)} points are two roads for ${JSON.stringify(vector)}: embedding all of them with ${model} is about ${count(totalTokens)} tokens, ${price(1)}; a map ` +
      `learnt from ${count(samplePairs)} of them (${reembed('adapter', 'fit', '--help')}, recipe project) is about ${count(sampled)} tokens, ${price(samplePairs / points)}, searches worse, and bridges the time until the rest is embedded into another vector.`
    );
  });
}
