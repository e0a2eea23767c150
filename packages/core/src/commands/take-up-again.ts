import { type MigrationMetadata, readMigration, readPhase, type Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import { newMigration } from '../domain/migration.ts';
import { inWords } from '../domain/parse-spec.ts';
import { changesOf, isRefused } from '../domain/spec-changes.ts';
import { nothingToLose } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import { changedKindOf } from '../plan/changed-field-plan.ts';
import { makePlan } from '../plan/make-plan.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { refusal } from './refuse-edit.ts';
import { type Submission, storeMigration } from './store-migration.ts';

/** The migration whose target was kept when it was rolled back: what a collection's metadata tells of; null: it tells of none. */
export function rolledBackIn(target: CollectionInfo | null): MigrationMetadata | null {
  return readPhase(target?.metadata)?.phase === 'rolled-back' ? readMigration(target?.metadata) : null;
}

/** `overwrite`: what was written to the target while it was live, and is in no source, may be replaced. */
export type AgainWords = { readonly overwrite?: boolean };

/**
 * Takes up again what was rolled back: a new migration into the target that was kept, which looks before it embeds, makes it follow its source
 * and may be switched. A new one, under its own id: whatever of the one before wakes up late can do nothing to it. Throws `wrong-state` where the
 * spec differs in what decides the target's contents, `plan-blocked`, and `confirmation-needed` where writes would be replaced without a word.
 */
export async function takeUpAgain(
  deps: CoordinatorDeps,
  stored: MigrationMetadata,
  spec: Spec,
  words: AgainWords = {},
): Promise<Submission> {
  const refused = changesOf(stored.spec, spec).filter(isRefused);
  if (refused.length > 0) throw await refusal(deps, { ...stored, phase: 'rolled-back', resumeTo: null }, spec, refused);
  if (words.overwrite !== true) await checkNothingLost(deps, stored);
  const { plan, scene } = await makePlan(deps, { ...spec, source: { ...spec.source, collection: stored.resolved.source } });
  const blockers = plan.blockers.filter(({ field }) => field !== 'target.collection');
  if (blockers.length > 0) throw new ReembedError('plan-blocked', inWords('nothing was taken up', blockers), { issues: blockers });
  const { alias } = spec.target;
  const resolved = {
    ...stored.resolved,
    aliasBefore: alias === null ? null : (scene.around.aliases.get(alias) ?? null),
    serverVersion: scene.around.serverVersion,
    changedKind: changedKindOf(scene),
    earlier: null,
  };
  const known = { id: deps.newId(), spec, resolved, owner: await deps.fleet.id(), createdAt: isoNow(deps) };
  return storeMigration(
    deps,
    { ...newMigration(known), takesUp: stored.id, seen: 'taken-up', textRules: stored.textRules, lastPassNumber: pastTheFirst },
    'again',
  );
}

/** Should it have to copy after all: past the first pass, copy looks up what is stored before it embeds. */
const pastTheFirst = 1;

/**
 * What was written to the target while readers saw it is in no source. Where nobody knows any more whether anything was, it wants a word too. What
 * was given up by its number when it was rolled back (`--lose-writes`) is not asked about once more: it is the same loss.
 */
async function checkNothingLost(deps: CoordinatorDeps, { id, spec, resolved }: MigrationMetadata): Promise<void> {
  const last = (await deps.migrations.load(id)) ?? (await deps.records.load(id))?.view;
  if (last?.phase === 'rolled-back' && nothingToLose(last)) return;
  const { collection } = spec.target;
  const what = last?.rollback ? `${last.rollback.writes} difference(s) that writers left in` : 'whatever was written to';
  throw new ReembedError(
    'confirmation-needed',
    `${what} "${collection}" while it was live would be replaced by what "${resolved.source}" has: to take it up all the same, ${reembed('adopt', collection, '--again', '--overwrite')}`,
  );
}
