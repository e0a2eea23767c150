import type { Migration, Wait } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { gateInWords, type Standing, standingGates, wayOut } from '../gates/gate-words.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { updateInPhase } from '../ports/migration-document.ts';
import { lagOf, syncPass } from './passes.ts';
import type { PassOptions, PassResult } from './run-pass.ts';
import type { Stage, StageResult } from './stage.ts';

/**
 * Follows the source gently, one range at a time, until somebody switches; with `auto`, or a word given before, it switches by itself, unless
 * a gate stands in the way.
 */
export const waitReady: Stage = async (deps, migration) => {
  const { approval, spec } = migration;
  const wanted = approval !== null || (spec.switch.mode === 'auto' && !isInPlace(spec));
  const [stands] = standingGates(migration);
  if (wanted && stands === undefined && (await deps.setAside.count(migration.id)).open === 0) return { kind: 'next', to: 'switching' };
  const result = await followGently(deps, migration, syncPass);
  return wanted && stands !== undefined && result.kind === 'again' ? { ...result, waiting: whyNot(migration, stands) } : result;
};

function whyNot({ id }: Migration, stands: Standing): Wait {
  return { kind: 'gate', reason: `for a person: ${gateInWords(stands)}; it does not switch by itself. ${wayOut(id, stands)}` };
}

/** The shortest rest between two passes while the migration waits, in ms; longer passes rest four times as long as they took. */
const shortestRestMs = 5_000;

/** Passes one after another, one range at a time and with rests between, for as long as the migration waits; status tells what the last found. */
export async function followGently(
  deps: CoordinatorDeps,
  migration: Migration,
  pass: (deps: CoordinatorDeps, migration: Migration, options: PassOptions) => Promise<PassResult>,
): Promise<StageResult> {
  if (migration.pass === null && rests(migration, deps.clock.now().getTime())) return { kind: 'again', afterMs: 500 };
  const result = await pass(deps, migration, { window: 1 });
  if (result.kind === 'again') return result;
  await updateInPhase(deps, migration, { pass: null, lag: lagOf(deps, result) });
  return { kind: 'again', afterMs: 500 };
}

/** A last pass that lies ahead is one of a clock that was set back, or of another machine's: nobody waits for that moment to come. */
function rests({ lag, verification }: Migration, nowMs: number): boolean {
  const last = lag?.at ?? verification?.at;
  const restedMs = last === undefined ? Number.POSITIVE_INFINITY : nowMs - Date.parse(last);
  return restedMs >= 0 && restedMs < Math.max(shortestRestMs, 4 * (lag?.tookMs ?? 0));
}
