import type { MigrationView, Phase } from '@reembed/contracts';
import type { Migration } from './migration.ts';
import { queryChange } from './plan/query-change.ts';
import { type ProgressDeps, progressOf } from './progress.ts';
import { differencesIn } from './stages/verify.ts';
import { possibleCommands } from './transitions.ts';

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
    lateWrites: { open: differencesIn(migration.lateWrites), findings: [...migration.lateWrites] },
    rollback: migration.rollback,
    next: nextStep(migration, progress.setAside),
    queryChange: queryChange(spec, deps.catalogue),
  };
}

/** What to do now, in words. */
function nextStep(migration: Migration, setAside: number | null): string {
  const { id, phase, error, rollback, spec, resolved } = migration;
  const readers =
    spec.target.alias === null
      ? `point readers at "${spec.target.collection}"`
      : `readers of "${spec.target.alias}" see the new collection`;
  const texts: Partial<Record<Phase, string>> = {
    ready:
      setAside === null
        ? 'Bring Qdrant back: it does not say whether points are set aside, and nothing is switched before it does.'
        : setAside > 0
          ? `${setAside} point(s) are set aside (\`reembed failures ${id}\`): mend them in the source, or \`reembed accept ${id} --all\`.`
          : `Everything is copied and verified. Change the query side, then: reembed switch ${id}`,
    observing:
      migration.lateWrites.length > 0
        ? `${differencesIn(migration.lateWrites)} write(s) came late to "${resolved.source}": \`reembed late-writes ${id}\` lists them; insert what is missing, or accept them.`
        : rollback === null
          ? `${readers}; "${resolved.source}" is kept. Back: reembed rollback ${id}. When all is well: reembed complete ${id} --confirm ${resolved.source}`
          : `${rollback.writes} write(s) since the switch would be lost. To lose them: reembed rollback ${id} --lose-writes ${rollback.writes}`,
    paused: `Nothing is written. Go on: reembed resume ${id}. End it: reembed cancel ${id}`,
    failed: `Stopped: ${error?.message ?? 'the reason was lost'}. Then: reembed resume ${id}, or: reembed cancel ${id}`,
    cancelled: `Source and alias are untouched. The collection "${spec.target.collection}" remains: look at it, then delete it (DELETE /collections/${spec.target.collection}).`,
    completed: `Done: "${resolved.source}" is deleted.`,
    'rolled-back': `${afterRollback(migration)} The target "${spec.target.collection}" is left as it was.`,
  };
  return texts[phase] ?? 'Nothing: it goes on by itself.';
}

function afterRollback({ spec: { target }, resolved }: Migration): string {
  if (target.alias === null) return 'There was no alias to take back: point readers where they were.';
  return resolved.aliasBefore === null
    ? `The alias "${target.alias}" is gone, as before the migration.`
    : `Readers see "${resolved.aliasBefore}" again.`;
}
