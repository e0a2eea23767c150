import { type Command, type DecisionsMetadata, decisionsMetadataSchema, metadataKeys } from '@reembed/contracts';
import { ReembedError } from './error.ts';
import type { Migration } from './migration.ts';
import { checkUnused } from './stages/complete.ts';
import { move } from './stages/run-stage.ts';
import { type CoordinatorDeps, isoNow } from './stages/stage.ts';
import { loadMigration } from './submit.ts';
import { phaseAfter } from './transitions.ts';

/** The words that some commands want. */
export type CommandWords = { readonly loseWrites?: number | undefined; readonly confirm?: string | undefined };

/**
 * Carries out a person's command: checks that the phase allows it, keeps the decision, and moves on. Throws `not-found`, `wrong-state`,
 * `confirmation-needed`.
 */
export async function command(deps: CoordinatorDeps, id: string, wanted: Command, words: CommandWords = {}): Promise<Migration> {
  const migration = await loadMigration(deps, id);
  const to = phaseAfter(migration, wanted);
  await checks[wanted]?.(deps, migration, words);
  await keepDecision(deps, migration, wanted);
  const now = await move(deps, migration, to, wanted === 'rollback' ? { loseWrites: words.loseWrites ?? null } : {});
  // Somebody else moved it between the look and the act: judge again by what it is now.
  return now ?? command(deps, id, wanted, words);
}

type Check = (deps: CoordinatorDeps, migration: Migration, words: CommandWords) => Promise<void>;

const checks: Partial<Record<Command, Check>> = {
  cancel: async (deps, { id, spec }) => {
    const { alias, collection } = spec.target;
    if (alias === null || (await deps.collections.aliases()).get(alias) !== collection) return;
    throw new ReembedError(
      'wrong-state',
      `the alias "${alias}" points at the target of migration ${id} already: resume it, then roll back`,
    );
  },
  switch: async (deps, { id }) => {
    const setAside = await deps.setAside.count(id);
    if (setAside === 0) return;
    throw new ReembedError(
      'wrong-state',
      `${setAside} point(s) of migration ${id} are set aside and would be missing: mend them in the source, then pause and resume to try them again`,
    );
  },
  complete: async (deps, migration, { confirm }) => {
    const { source } = migration.resolved;
    if (confirm !== source) {
      throw new ReembedError(
        'confirmation-needed',
        `completing deletes the collection "${source}" for good: confirm with its name, {"confirm": "${source}"}`,
      );
    }
    await checkUnused(deps, migration);
  },
};

/** Approvals explain the result later: who is not known here, so the act and the moment are kept. */
async function keepDecision(deps: CoordinatorDeps, { spec }: Migration, act: Command): Promise<void> {
  if (act !== 'switch' && act !== 'rollback' && act !== 'complete') return;
  const info = await deps.collections.describe(spec.target.collection);
  const stored = decisionsMetadataSchema.safeParse(info?.metadata[metadataKeys.decisions]);
  const approvals = stored.success ? stored.data.approvals : [];
  const decisions: DecisionsMetadata = { approvals: [...approvals, { act, by: 'api', at: isoNow(deps) }] };
  await deps.collections.patch(spec.target.collection, { metadata: { [metadataKeys.decisions]: decisions } });
}
