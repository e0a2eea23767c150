import type { PassKind, Range } from '@reembed/contracts';
import { errorOf, ReembedError } from '../domain/error.ts';
import type { Migration, Pass, Wait } from '../domain/migration.ts';
import { goesByBatch } from '../domain/recipes-of.ts';
import { tooManyToBlame } from '../domain/retry-policy.ts';
import { facing } from '../domain/reverse-sync.ts';
import { isRefused, setAsideKey } from '../domain/set-aside.ts';
import { fillsIn, walkedPoints } from '../domain/source-points.ts';
import { noWorkerRuns } from '../domain/words.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { updateWhereItStands } from '../ports/migration-document.ts';
import type { PassSummary, SplitState } from '../ports/state.ts';
import { isSampleDue, progressOf, withSample } from '../ranges/progress.ts';
import { rangePoints } from '../ranges/range-context.ts';
import { whyHeld } from '../recipes/held-providers.ts';
import { climbed, scalingOf } from '../scale/climb.ts';
import { loadOf } from '../scale/load.ts';
import { keepPace } from './keep-pace.ts';
import type { StageResult } from './stage.ts';
import { stopsHere, windowUntil } from './stop-at.ts';

/** Jobs of one migration that may wait in its queue: enough for any fleet, and bounded however large the collection. */
const maxPending = 1_000;
const tickMs = 200;

/** `window`: ranges that may wait in the queue at once. `changedSince`: what a pass that begins now is limited by. */
export type PassOptions = { readonly window?: number; readonly changedSince?: number | undefined };

/** A pass that has ended, or another look later. `endedAfterMs`: a moment of this process's monotonic clock at which it was running; `-Infinity` where it was not seen. */
export type PassResult =
  | { readonly kind: 'ended'; readonly pass: Pass; readonly summary: PassSummary; readonly endedAfterMs: number }
  | Extract<StageResult, { kind: 'again' }>;

/**
 * One look at a pass over all ranges: begins it, splits and queues a bounded window, and tells when every range has ended. Throws what a
 * worker reported as fatal, and where ranges were given up the error of one of them, both under their own code.
 */
export async function runPass(deps: CoordinatorDeps, began: Migration, kind: PassKind, options: PassOptions = {}): Promise<PassResult> {
  const begun = await beginPass(deps, facing(began, kind), kind, options);
  const { pass } = begun ?? {};
  if (!begun || !pass) return { kind: 'again', afterMs: 0 };
  const migration = facing(begun, kind);
  // Searches of production are asked as they are, whichever way points go.
  const throttled = await keepPace(deps, migration.forward ?? migration);
  const window = await windowUntil(deps, migration, pass, options.window ?? maxPending);
  if (throttled === null) await feed(deps, migration, pass, window);
  const idle = throttled ?? (await whyIdle(deps, migration, pass));
  if (idle === null) await deps.ranges.noteWork(migration.id, pass.number);
  const summary = await deps.ranges.summary(migration.id, pass.number);
  // By the summary alone: a Redis that came back older since the ranges were fed knows none of them, and nothing is done of nothing.
  const ended = summary.splitDone && summary.done + summary.failed === summary.total;
  // It goes on where it was, once what is wrong is mended: another one would not know which pages were in hand.
  const isKept = fillsIn(kind) || kind === 'reverse-sync' || summary.fatal?.code === 'over-budget';
  if (isKept && (summary.fatal !== null || (ended && summary.failed > 0))) await deps.ranges.tryAgain(migration.id, pass.number);
  if (summary.fatal !== null) throw errorOf(summary.fatal);
  if (summary.refused >= tooManyToBlame && summary.refused === summary.points) throw await refusedWholesale(deps, migration, summary);
  if (await stopsHere(deps, migration, pass, summary)) return { kind: 'again', afterMs: 0 };
  await tellProgress(deps, migration, ended);
  await sampleProgress(deps, migration, pass, { ...summary, ended });
  if (!ended) {
    seeRunning(deps, migration.id, pass.number);
    return { kind: 'again', afterMs: tickMs, ...(idle === null ? {} : { waiting: idle }) };
  }
  if (summary.failed > 0) throw givenUp(summary);
  return { kind: 'ended', pass, summary, endedAfterMs: lastSeenRunning(deps, migration.id, pass.number) };
}

function seeRunning({ passesSeen, clock }: CoordinatorDeps, id: string, pass: number): void {
  passesSeen.set(id, { pass, at: clock.monotonicMs() });
}

function lastSeenRunning({ passesSeen }: CoordinatorDeps, id: string, pass: number): number {
  const seen = passesSeen.get(id);
  return seen?.pass === pass ? seen.at : Number.NEGATIVE_INFINITY;
}

/** At most once a second, and at the end. What goes on quietly while a migration waits is told by its lag. */
async function tellProgress(deps: CoordinatorDeps, migration: Migration, ended: boolean): Promise<void> {
  const now = deps.clock.monotonicMs();
  const told = deps.progressToldAt.get(migration.id) ?? Number.NEGATIVE_INFINITY;
  if (migration.phase === 'ready' || migration.phase === 'observing' || (!ended && now - told < 1_000)) return;
  deps.progressToldAt.set(migration.id, now);
  await deps.events.publish(migration.id, { type: 'progress', at: isoNow(deps), progress: await progressOf(deps, migration) });
}

/** For the report: how fast it went, over time. */
async function sampleProgress(
  deps: CoordinatorDeps,
  migration: Migration,
  { number }: Pass,
  summary: PassSummary & { readonly ended: boolean },
): Promise<void> {
  const { id, phase, samples, isReversed } = migration;
  if (phase === 'ready' || isReversed || !(summary.ended || isSampleDue(samples, deps.clock.now().getTime()))) return;
  const sample = { at: isoNow(deps), pass: number, points: summary.points, workedMs: summary.workedMs };
  const [load, workers] = await Promise.all([loadOf(deps, migration), deps.fleet.workers()]);
  const now = deps.clock.now().getTime();
  await deps.migrations.update(id, (stored) =>
    stored.phase === phase
      ? { ...stored, samples: withSample(stored.samples, sample), scaling: climbed(scalingOf(stored), { load, workers, now }) }
      : null,
  );
}

async function beginPass(
  deps: CoordinatorDeps,
  migration: Migration,
  kind: PassKind,
  { changedSince }: PassOptions,
): Promise<Migration | null> {
  // A pass of another kind is what is left of an earlier step: nobody works on it any more.
  if (migration.pass?.kind === kind) return migration;
  if (migration.fill?.kind === kind) return updateWhereItStands(deps, migration, { pass: migration.fill });
  const { collection, filter } = walkedPoints(migration, kind);
  const sourcePoints = await deps.collections.count(collection, filter);
  const number = nextNumber(deps, migration);
  // First, because a pass that has begun does not come here again.
  await deps.rangeQueue.announce(migration.id);
  const limit = changedSince === undefined ? {} : { changedSince };
  const pass = { number, kind, sourcePoints, startedAt: isoNow(deps), ...limit };
  const fill = fillsIn(kind) ? pass : migration.fill;
  const begun = await updateWhereItStands(deps, migration, { pass, fill, lastPassNumber: number });
  if (begun !== null) seeRunning(deps, migration.id, number);
  // Following a source for weeks takes a pass every few seconds: what nobody reads any more would fill Redis.
  const kept = [migration.comparedPass, fill?.number].filter((one) => typeof one === 'number');
  if (begun !== null) await deps.ranges.forgetPasses(migration.id, migration.lastPassNumber, kept);
  return begun;
}

/**
 * A number that no pass had before, also where Redis came back older and forgot some: workers may go on with one of those, and what they finish
 * must not count for this one. The gaps are as good as random.
 */
function nextNumber({ clock }: CoordinatorDeps, { lastPassNumber }: Migration): number {
  return lastPassNumber === 0 ? 1 : lastPassNumber + 1 + (clock.now().getTime() % 1_000_000);
}

/** Keeps the queue filled up to its window. Adding a job that is there already changes nothing, so this needs no memory of its own. */
async function feed(deps: CoordinatorDeps, migration: Migration, pass: Pass, window: number): Promise<void> {
  const { id } = migration;
  const enqueue = (seqs: readonly number[]) => deps.rangeQueue.enqueue(seqs.map((seq) => ({ migrationId: id, pass: pass.number, seq })));
  const split = await deps.ranges.split(id);
  if ((await deps.rangeQueue.pending(id)) >= window / 2) return;
  const open = await deps.ranges.open(id, pass.number, 0, window);
  await enqueue(open);
  if (split.done) return;
  for await (const ranges of oneAhead(inGrowingGroups(cutRanges(deps, migration, pass, split, window - open.length)))) {
    const [first, last] = [ranges[0], ranges.at(-1)];
    if (first === undefined || last === undefined) return;
    // Another coordinator has come further: the next look goes on from there.
    if (!(await deps.ranges.append(id, first.seq, ranges, { cursor: last.end, done: last.end === null }))) return;
    await enqueue(ranges.map(({ seq }) => seq));
  }
}

/** Ranges that are stored and queued together, so that each costs less: the first alone, because somebody waits for it. */
const mostTogether = 16;

async function* inGrowingGroups<Item>(items: AsyncIterable<Item>): AsyncGenerator<readonly Item[]> {
  let group: Item[] = [];
  let size = 1;
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
    size = Math.min(2 * size, mostTogether);
  }
  if (group.length > 0) yield group;
}

/** The next group is read while the caller stores one. */
async function* oneAhead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  for (let ahead = items.next(); ; ) {
    const { done, value } = await ahead;
    if (done === true) return;
    ahead = items.next();
    // Whoever stops early never awaits it.
    ahead.catch(() => undefined);
    yield value;
  }
}

/** The next ranges, at most `most`. The last of all has no end. */
async function* cutRanges(deps: CoordinatorDeps, migration: Migration, pass: Pass, split: SplitState, most: number): AsyncGenerator<Range> {
  const { collection, filter } = walkedPoints(migration, pass.kind);
  const limit = rangePoints(migration, pass);
  let start = split.cursor;
  for (let cut = 0; cut < most; cut++) {
    const { next: end } = await deps.points.scrollIds(collection, { offset: start, limit, filter });
    yield { seq: split.nextSeq + cut, start, end };
    if (end === null) return;
    start = end;
  }
}

/** Null where somebody works on it, or is about to. */
async function whyIdle(deps: CoordinatorDeps, migration: Migration, pass: Pass): Promise<Wait | null> {
  const { fleet, rangeQueue } = deps;
  const { id } = migration;
  if ((await fleet.workers()) > 0 || (await rangeQueue.active(id)) > 0)
    return (await whyHeld(deps, migration)) ?? (await whyBatched(deps, migration, pass));
  return { kind: 'worker', reason: `for a worker: ${noWorkerRuns}; migration ${id} goes on by itself then` };
}

/** Where every range that is open is looked at again later, it is because of its batch. */
async function whyBatched({ rangeQueue }: CoordinatorDeps, { id, spec }: Migration, { kind }: Pass): Promise<Wait | null> {
  if (kind !== 'copy' || !goesByBatch(spec)) return null;
  const [active, waiting, pending] = await Promise.all([rangeQueue.active(id), rangeQueue.waiting(id), rangeQueue.pending(id)]);
  if (active > 0 || waiting > 0 || pending === 0) return null;
  return { kind: 'provider', reason: `for batches at the provider, each of which may take 24 h: ${pending} range(s) wait for theirs` };
}

/** Each point so far was refused, however small its page or range: what is asked is wrong itself. Under the code of one of the refusals. */
async function refusedWholesale({ setAside }: CoordinatorDeps, migration: Migration, { refused }: PassSummary): Promise<ReembedError> {
  const { entries } = await setAside.page(setAsideKey(migration), null, tooManyToBlame);
  const example = entries.find(isRefused);
  const shown = example === undefined ? '' : `, for instance: ${example.reason}`;
  const message = `each of the first ${refused} points was refused${shown}. Mend what is asked for (the model's entry, the spec), then resume`;
  return new ReembedError(example?.code === 'provider-refused-input' ? 'provider-refused' : 'qdrant-refused', message);
}

function givenUp({ failed, failures }: PassSummary): ReembedError {
  const [first] = failures;
  const cause = first === undefined ? undefined : errorOf(first);
  const example = first === undefined ? '' : `, for instance range ${first.seq}: ${first.message}`;
  const message = `${failed} range(s) were given up${example}; mend the cause, then resume`;
  // Waiting for what may pass is over: the range was tried as often as it may be.
  return new ReembedError(cause?.code ?? 'migration-failed', message, { cause, retry: 'never' });
}
