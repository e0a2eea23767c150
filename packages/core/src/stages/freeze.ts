import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { updateWhereItStands } from '../ports/migration-document.ts';
import type { StageResult } from './stage.ts';

/**
 * Holds the writers where the spec asks for it, and renews the hold every third of its limit. Answers whether they have been held without
 * a gap since the last time. The token is stored before it is used, so that whoever goes on after a crash can end the hold. Throws
 * `freeze-failed`.
 */
export async function keepFrozen(deps: CoordinatorDeps, migration: Migration): Promise<boolean> {
  const { id, spec } = migration;
  const { url, timeoutMs } = spec.switch.freeze;
  if (url === null) return true;
  checkLongEnough(deps, timeoutMs);
  const asked = deps.clock.monotonicMs();
  const held = deps.holds.get(id);
  if (held !== undefined && held.until - asked > (timeoutMs * 2) / 3) return true;
  const token = held?.token ?? deps.newId();
  if (held === undefined && (await updateWhereItStands(deps, migration, { holdToken: token })) === null) return false;
  // Before the request: one whose answer is lost may hold all the same, and has to be released.
  deps.holds.set(id, held ?? { token, until: 0 });
  await deps.freezeHook.hold(url, { migration: id, token, timeoutMs });
  // Counted from before the request, so that it ends here no later than there.
  deps.holds.set(id, { token, until: asked + timeoutMs });
  return deps.clock.monotonicMs() < (held?.until ?? 0);
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
 * Lets the writers go on: ends the hold of this process, or, where it has none, the last one that is known. A hook that fails is no matter:
 * its hold runs out by itself.
 */
export async function release(deps: CoordinatorDeps, { id, spec, holdToken }: Migration): Promise<void> {
  const { url } = spec.switch.freeze;
  const token = deps.holds.get(id)?.token ?? holdToken;
  if (url === null || token === null) return;
  deps.holds.delete(id);
  await deps.freezeHook.release(url, { migration: id, token }).catch(() => undefined);
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
