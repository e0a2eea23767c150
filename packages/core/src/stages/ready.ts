import type { Migration, Wait } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { gateInWords, type Standing, standingGates, wayOut } from '../gates/gate-words.ts';
import { withShadowGate } from '../gates/shadow-gate.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { updateInPhase } from '../ports/migration-document.ts';
import { lagOf, syncPass } from './passes.ts';
import { hasOtherPoints, lookAfterMs, lookMs, restLeftMs } from './rests.ts';
import type { PassOptions, PassResult } from './run-pass.ts';
import type { Stage, StageResult } from './stage.ts';

/**
 * Follows the source gently, one range at a time, until somebody switches; with `auto`, or a word given before, it switches by itself, unless
 * a gate stands in the way.
 */
export const waitReady: Stage = async (deps, found) => {
  const migration = await keepShadowGate(deps, found);
  const { approval, spec } = migration;
  const wanted = approval !== null || (spec.switch.mode === 'auto' && !isInPlace(spec));
  const [stands] = standingGates(migration);
  if (wanted && stands === undefined && (await deps.setAside.count(migration.id)).open === 0) return { kind: 'next', to: 'switching' };
  const result = await followGently(deps, migration, syncPass);
  return wanted && stands !== undefined && result.kind === 'again' ? { ...result, waiting: whyNot(migration, stands) } : result;
};

/** What applications search for meanwhile counts, and is seen by whoever asks. */
async function keepShadowGate(deps: CoordinatorDeps, before: Migration): Promise<Migration> {
  const now = await withShadowGate(deps, before);
  if (now.gates?.shadow?.reasons[0] !== before.gates?.shadow?.reasons[0]) await updateInPhase(deps, before, { gates: now.gates });
  return now;
}

function whyNot({ id }: Migration, stands: Standing): Wait {
  if (stands.gate === 'shadow')
    return { kind: 'gate', reason: `for searches: ${gateInWords(stands)}; it switches by itself once they agree. ${wayOut(id, stands)}` };
  return { kind: 'gate', reason: `for a person: ${gateInWords(stands)}; it does not switch by itself. ${wayOut(id, stands)}` };
}

/**
 * Passes one after another, one range at a time and with rests between, for as long as the migration waits; status tells what the last found.
 */
export async function followGently(
  deps: CoordinatorDeps,
  migration: Migration,
  pass: (deps: CoordinatorDeps, migration: Migration, options: PassOptions) => Promise<PassResult>,
): Promise<StageResult> {
  const restMs = migration.pass === null ? restLeftMs(migration, deps.clock.now().getTime()) : 0;
  if (restMs > 0 && !(await hasOtherPoints(deps, migration))) return { kind: 'again', afterMs: lookAfterMs(migration, restMs) };
  const result = await pass(deps, migration, { window: 1 });
  if (result.kind === 'again') return result;
  const lag = lagOf(deps, result, migration.lag);
  await updateInPhase(deps, migration, {
    pass: null,
    ...(migration.isReversed ? { reverseLag: lag, freshAsOf: result.pass.startedAt } : { lag }),
  });
  return { kind: 'again', afterMs: lookMs };
}
