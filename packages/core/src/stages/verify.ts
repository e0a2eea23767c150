import type { Verification } from '@reembed/contracts';
import { ReembedError } from '../error.ts';
import type { Migration } from '../migration.ts';
import { type PassResult, runPass } from './run-pass.ts';
import { type CoordinatorDeps, isoNow, type Stage, type StageResult } from './stage.ts';

/** Compares both sides over everything. Points born since the copy send it back to copying; anything else wants a person. */
export const verify: Stage = async (deps, migration) => {
  const result = await comparePass(deps, migration);
  if (result.kind === 'again') return result;
  return afterComparison(migration, result.verification, { kind: 'next', to: 'ready', change: { verification: result.verification } });
};

export type Comparison = { readonly kind: 'compared'; readonly verification: Verification } | Extract<PassResult, { kind: 'again' }>;

/** One read-only pass with the exact counts of both sides. */
export async function comparePass(deps: CoordinatorDeps, migration: Migration): Promise<Comparison> {
  const result = await runPass(deps, migration, 'verify');
  if (result.kind === 'again') return result;
  const [sourcePoints, targetPoints] = await Promise.all([
    deps.collections.count(migration.resolved.source),
    deps.collections.count(migration.spec.target.collection),
  ]);
  const at = isoNow(deps);
  const verification: Verification = {
    at,
    sourcePoints,
    targetPoints,
    compared: result.summary.points,
    findings: result.summary.findings,
  };
  await deps.events.publish(migration.id, { type: 'verified', at, verification });
  return { kind: 'compared', verification };
}

/** Where a comparison leads before the switch: on, back to copying for points that are only missing, or to a person. */
export function afterComparison(migration: Migration, verification: Verification, on: StageResult): StageResult {
  const { findings } = verification;
  if (findings.length === 0) return on;
  const repairable = findings.every(({ kind }) => kind === 'missing') && migration.lastPassNumber < 2 * migration.spec.sync.maxPasses;
  if (repairable) return { kind: 'next', to: 'copying', change: { verification } };
  throw new ReembedError(
    'migration-failed',
    `source and target differ: ${inWords(verification)}. Nothing was switched; mend the cause, then resume`,
  );
}

/** `3 missing (812, 813, 900), 1 payload-differs (7)`. */
export function inWords({ findings }: Pick<Verification, 'findings'>): string {
  return findings
    .map(
      ({ kind, count, ids }) =>
        `${count} ${kind} (${ids
          .slice(0, 5)
          .map(({ id }) => id)
          .join(', ')}${count > 5 ? ', …' : ''})`,
    )
    .join(', ');
}
