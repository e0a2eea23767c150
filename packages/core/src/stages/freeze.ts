import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { updateWhereItStands } from '../ports/migration-document.ts';
import type { StageResult } from './stage.ts';

/** Whether writers were held without a gap since this coordinator last asked; `unknown`: it had not asked, since they were last let go. */
export type HeldSince = 'held' | 'lapsed' | 'unknown';

/**
 * Holds the writers where the spec asks for it, and renews the hold every third of its limit. One that goes on with the step of another takes its hold over, by a token of its
 * own: what is stored is always the token of the hold that stands, and is stored before it is used, so that whoever comes next can end it.
 * `holdSeries` stays the same from one to the next, until writers are let go. Throws `freeze-failed`.
 */
export async function keepFrozen(deps: CoordinatorDeps, migration: Migration): Promise<HeldSince> {
  const { id, spec } = migration;
  const { url, timeoutMs } = spec.switch.freeze;
  if (url === null) return 'held';
  checkLongEnough(deps, timeoutMs);
  const { holdToken, holdSeries } = (await deps.migrations.load(id)) ?? migration;
  const asked = deps.clock.monotonicMs();
  const own = deps.holds.get(id);
  const held = own?.series === holdSeries ? own : undefined;
  const stands = held !== undefined && held.token === holdToken;
  if (stands && held.until - asked > (timeoutMs * 2) / 3) return 'held';
  const token = stands ? held.token : deps.newId();
  const series = holdSeries ?? token;
  if (!stands && (await updateWhereItStands(deps, migration, { holdToken: token, holdSeries: series })) === null) return 'unknown';
  // Before the request: one whose answer is lost may hold all the same, and has to be released.
  deps.holds.set(id, { token, series, until: held?.until ?? 0 });
  await deps.freezeHook.hold(url, { migration: id, token, timeoutMs });
  // Counted from before the request, so that it ends here no later than there.
  deps.holds.set(id, { token, series, until: asked + timeoutMs });
  if (held === undefined) return 'unknown';
  return deps.clock.monotonicMs() < held.until ? 'held' : 'lapsed';
}

/** A hold is renewed once a third of it has passed: what is left must cover one request, or the alias never moves. */
function checkLongEnough({ requestTimeoutMs }: CoordinatorDeps, timeoutMs: number): void {
  if (timeoutMs * 2 > requestTimeoutMs * 3) return;
  throw new ReembedError(
    'freeze-failed',
    `switch.freeze.timeoutMs is ${timeoutMs}, too short for a switch within it: a request may take ${requestTimeoutMs} ms ` +
      '(REEMBED_REQUEST_TIMEOUT_MS), and the hold has to last half as long again; nothing was held, nothing was switched',
  );
}

/** Whether a request that begins now ends before the hold does. Without a freeze there is nothing to run out. */
export function holdLasts(deps: CoordinatorDeps, { id, spec }: Migration): boolean {
  if (spec.switch.freeze.url === null) return true;
  return deps.clock.monotonicMs() + deps.requestTimeoutMs < (deps.holds.get(id)?.until ?? 0);
}

/**
 * Lets the writers go on: ends the hold of this process, and the one that stood when its step began, which another may have taken over since.
 * A hook that fails is no matter: its hold runs out by itself.
 */
export async function release(deps: CoordinatorDeps, { id, spec, holdToken }: Migration): Promise<void> {
  const { url } = spec.switch.freeze;
  const tokens = [...new Set([deps.holds.get(id)?.token, holdToken])].filter((token) => typeof token === 'string');
  if (url === null || tokens.length === 0) return;
  // First: nobody may take writers for held that have been let go.
  await deps.migrations.update(id, (now) => (tokens.some((token) => token === now.holdToken) ? { ...now, holdSeries: null } : null));
  deps.holds.delete(id);
  for (const token of tokens) await deps.freezeHook.release(url, { migration: id, token }).catch(() => undefined);
}

/** Lets go of what this process holds for a step that others have ended by now, whose own release knows nothing of it. */
export async function releaseLeft(deps: CoordinatorDeps, migration: Migration): Promise<void> {
  if (deps.holds.has(migration.id)) await release(deps, { ...migration, holdToken: null });
}

/** Runs a step under a hold, and lets the writers go on however it ends: only what may pass by itself is tried again within the hold. */
export async function holdingWriters(deps: CoordinatorDeps, migration: Migration, step: () => Promise<StageResult>): Promise<StageResult> {
  try {
    const result = await step();
    if (result.kind === 'next') await release(deps, migration);
    return result;
  } catch (error) {
    if (!(error instanceof ReembedError && error.retry === 'later')) await release(deps, migration);
    throw error;
  }
}
