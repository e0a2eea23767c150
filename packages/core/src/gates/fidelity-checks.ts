import type { FidelityCheck, FindingKind, PointId, Verification } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

/** Which check of the fidelity gate a difference belongs to. */
const kindsOf = {
  points: ['missing', 'extra'],
  payloads: ['payload-differs'],
  vectors: ['vector-missing', 'vector-not-finite', 'vector-zero', 'vector-differs'],
} as const satisfies Record<string, readonly FindingKind[]>;

/** What no writer causes: a target that has these is not a copy. */
const neverLive: readonly FindingKind[] = ['vector-missing', 'vector-not-finite', 'vector-zero'];

/**
 * What the comparison of everything says. The few differences that a source in use makes between two readings are passed with their number:
 * sync mends them while the migration waits, and the switch compares once more with nobody writing to the target. In place an application
 * that does not know the new vector leaves it out, which is filled in as well.
 */
export function comparisonChecks(verification: Verification, accepted: number, inPlace = false): FidelityCheck[] {
  const { sourcePoints, targetPoints, compared } = verification;
  const never = neverLive.filter((kind) => !(inPlace && kind === 'vector-missing'));
  const missing = accepted === 0 ? '' : `, ${accepted} accepted to be missing`;
  return [
    check(verification, never, 'points', `${sourcePoints} points in the source and ${targetPoints} in the target${missing}`),
    check(verification, never, 'payloads', `payloads of ${compared} points compared`),
    check(verification, never, 'vectors', `vectors of ${compared} points present, finite and not zero, kept ones as they were`),
  ];
}

function check({ findings }: Verification, never: readonly FindingKind[], name: keyof typeof kindsOf, message: string): FidelityCheck {
  const kinds: readonly FindingKind[] = kindsOf[name];
  const found = findings.filter(({ kind, count }) => kinds.includes(kind) && count > 0);
  if (found.length === 0) return { name, verdict: 'pass', message, ids: [] };
  const fails = found.some(({ kind }) => never.includes(kind));
  const words = found.map(({ kind, count }) => `${count} ${kind}`).join(', ');
  const why = fails ? '' : ', which a source in use changed meanwhile: sync mends them, and the switch compares again';
  return { name, verdict: fails ? 'fail' : 'pass', message: `${message}: ${words}${why}`, ids: firstOf(found.flatMap(({ ids }) => ids)) };
}

const shownIds = 20;

export function firstOf(ids: readonly PointId[]): PointId[] {
  return ids.slice(0, shownIds);
}

/** How long the gates wait for an index that is still being built, in ms; then they say so. */
const longestWaitMs = 300_000;

/** Whether Qdrant reports the target optimized. A string is what to wait for. */
export async function checkIndex(
  deps: Pick<CoordinatorDeps, 'collections' | 'clock'>,
  { spec }: Migration,
  startedAt: string,
): Promise<FidelityCheck | string> {
  const name = 'index';
  const { collection } = spec.target;
  const waiting = await unsettled(deps, collection);
  if (waiting === null) {
    const { indexedVectors, points } = await deps.collections.indexing(collection);
    return { name, verdict: 'pass', message: `optimized: ${indexedVectors} vectors of ${points} points indexed`, ids: [] };
  }
  if (deps.clock.now().getTime() - Date.parse(startedAt) < longestWaitMs) return waiting;
  return { name, verdict: 'inconclusive', message: `still building after ${longestWaitMs / 1_000} s, waiting ${waiting}`, ids: [] };
}

/** An optimizer may need a moment to notice what a PATCH asks of it: the collection has to look settled twice, this far apart. */
const settleMs = 300;

/** The same as `unsettled`, of a collection whose settings have just been changed. */
export async function unsettledAfterPatch(
  deps: Pick<CoordinatorDeps, 'collections' | 'clock'>,
  collection: string,
): Promise<string | null> {
  const first = await unsettled(deps, collection);
  if (first !== null) return first;
  await deps.clock.sleep(settleMs);
  return unsettled(deps, collection);
}

/** Why the collection is not optimized yet; null when it is. */
export async function unsettled(deps: Pick<CoordinatorDeps, 'collections'>, collection: string): Promise<string | null> {
  const { status, optimizerStatus, pendingOptimizations, updateQueueLength, indexedVectors, points } =
    await deps.collections.indexing(collection);
  if (status === 'green' && optimizerStatus === 'ok' && pendingOptimizations === 0 && updateQueueLength === 0) return null;
  return `for Qdrant to index "${collection}": status ${status}, optimizer ${optimizerStatus}, ${indexedVectors} vectors of ${points} points indexed`;
}
