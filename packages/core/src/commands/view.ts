import type { MigrationView } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { possibleCommands } from '../domain/transitions.ts';
import { differencesIn } from '../domain/words.ts';
import { standingGates } from '../gates/gate-words.ts';
import { queryChange } from '../plan/query-change.ts';
import { type ProgressDeps, progressOf } from '../ranges/progress.ts';
import { fillingOf, nextStep } from './next-step.ts';

/** A migration as the API shows it. */
export async function viewOf(deps: ProgressDeps, migration: Migration): Promise<MigrationView> {
  const { spec, resolved } = migration;
  const progress = await progressOf(deps, migration);
  return {
    id: migration.id,
    name: spec.name,
    phase: migration.phase,
    phaseNumber: migration.phaseNumber,
    epoch: migration.epoch,
    createdAt: migration.createdAt,
    updatedAt: migration.updatedAt,
    source: resolved.source,
    target: spec.target.collection,
    alias: spec.target.alias,
    possible: possibleCommands(migration),
    progress,
    waiting: migration.waiting,
    error: migration.error,
    verification: migration.verification,
    lag: migration.lag,
    gates: migration.gates,
    overrides: [...migration.overrides],
    blockedBy: standingGates(migration).map(({ gate }) => gate),
    filling: fillingOf(migration),
    lateWrites: { open: differencesIn(migration.lateWrites), findings: [...migration.lateWrites] },
    rollback: migration.rollback,
    next: nextStep(migration, progress.setAside),
    queryChange: queryChange({ spec, catalogue: deps.catalogue, ...resolved }),
  };
}
