import type { Migration } from '../migration.ts';
import { type CoordinatorDeps, type Stage, updateInPhase } from './stage.ts';
import { lagOf, syncPass } from './sync.ts';

/** The shortest rest between two passes while the migration waits, in ms; longer passes rest four times as long as they took. */
const shortestRestMs = 5_000;

/** Follows the source gently, one range at a time, until somebody switches; with `auto`, or a word given before, it switches by itself. */
export const waitReady: Stage = async (deps, migration) => {
  const wanted = migration.approval !== null || migration.spec.switch.mode === 'auto';
  if (wanted && (await deps.setAside.count(migration.id)).open === 0) return { kind: 'next', to: 'switching' };
  if (migration.pass === null && rests(migration, deps.clock.now().getTime())) return { kind: 'again', afterMs: 500 };
  const result = await syncPass(deps, migration, { window: 1 });
  if (result.kind === 'again') return result;
  await endPass(deps, migration, lagOf(deps, result));
  return { kind: 'again', afterMs: 500 };
};

/** A last pass that lies ahead is one of a clock that was set back, or of another machine's: nobody waits for that moment to come. */
function rests({ lag, verification }: Migration, nowMs: number): boolean {
  const last = lag?.at ?? verification?.at;
  const restedMs = last === undefined ? Number.POSITIVE_INFINITY : nowMs - Date.parse(last);
  return restedMs >= 0 && restedMs < Math.max(shortestRestMs, 4 * (lag?.tookMs ?? 0));
}

async function endPass(deps: CoordinatorDeps, migration: Migration, lag: ReturnType<typeof lagOf>): Promise<void> {
  await updateInPhase(deps, migration, { pass: null, lag });
}
