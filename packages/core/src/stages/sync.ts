import type { Lag } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { limitOf, watermarkAfter } from '../domain/watermark.ts';
import { isInPlace } from '../recipes/filled-vectors.ts';
import { deleteVanished } from './deletes.ts';
import { openFence } from './fence.ts';
import { fillPass } from './fill.ts';
import { forgetVanished } from './forget-vanished.ts';
import { type PassOptions, type PassResult, runPass } from './run-pass.ts';
import { type CoordinatorDeps, isoNow, type Stage } from './stage.ts';
import { differencesIn } from './verify.ts';

/** Brings a target that has fallen behind up to the source, then has it verified again. */
export const sync: Stage = async (deps, migration) => {
  const result = await syncPass(deps, migration);
  return result.kind === 'again' ? result : { kind: 'next', to: 'verifying', change: { lag: lagOf(deps, result) } };
};

/** One sync pass behind the fence of this epoch, deletions included. */
export async function syncPass(deps: CoordinatorDeps, migration: Migration, options: PassOptions = {}): Promise<PassResult> {
  if (isInPlace(migration.spec)) return fillPass(deps, migration, options);
  if (!(await openFence(deps, migration))) return { kind: 'again', afterMs: 0 };
  const result = await runPass(deps, migration, 'sync', { ...options, changedSince: limitOf(migration) });
  if (result.kind === 'again') return result;
  await keepWatermark(deps, migration, result);
  await deleteVanished(deps, migration, result.pass);
  await forgetVanished(deps, migration, 'sync');
  return result;
}

/** Takes a pass that read payloads into account; again is no harm. */
export async function keepWatermark(
  deps: CoordinatorDeps,
  migration: Migration,
  { pass, summary }: Extract<PassResult, { kind: 'ended' }>,
): Promise<void> {
  if (migration.spec.sync.changedField === null) return;
  await deps.migrations.update(migration.id, (now) => ({ ...now, watermark: watermarkAfter(now, pass, summary, isoNow(deps)) }));
}

/** How much a sync pass found, and when. */
export function lagOf(deps: CoordinatorDeps, { summary }: Extract<PassResult, { kind: 'ended' }>): Lag {
  return { differences: differencesIn(summary.findings), at: isoNow(deps), tookMs: summary.workedMs };
}
