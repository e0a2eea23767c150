import { type ListedRecord, type MigrationRecord, type MigrationView, type Owner, type Report, readMigration } from '@reembed/contracts';
import { findAddressed } from '../domain/addressed.ts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { hasEnded, waitsForWord } from '../domain/transitions.ts';
import { ownerInWords, reembed } from '../domain/words.ts';
import { type CompareDeps, compareNow } from '../gates/compare-now.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { loadMigration } from '../ports/migration-document.ts';
import type { Records } from '../ports/records.ts';
import { reportOf } from './build-report.ts';
import { viewOf } from './view.ts';

/** A migration as this fleet's Redis knows it, or, where that does not, what Qdrant keeps of it. Only reads. */
export type FoundMigration =
  | { readonly id: string; readonly migration: Migration; readonly record: null }
  | { readonly id: string; readonly migration: null; readonly record: MigrationRecord };

/** By id, name or target. Throws `not-found` where neither knows it, and `invalid-request` where several are meant. */
export async function findMigration(deps: CoordinatorDeps, word: string): Promise<FoundMigration> {
  try {
    const migration = await loadMigration(deps, word);
    return { id: migration.id, migration, record: null };
  } catch (error) {
    if (!isReembedError(error, 'not-found')) throw error;
    const record = await findRecord(deps.records, word);
    if (record === null) throw error;
    return { id: record.view.id, migration: null, record };
  }
}

/** What is kept of the migration of that id, name or target; null: nothing is. */
export async function findRecord(records: Pick<Records, 'load' | 'list'>, word: string): Promise<MigrationRecord | null> {
  const exact = await records.load(word);
  if (exact !== null) return exact;
  const meant = findAddressed(await records.list(), word, ({ view }) => ({ ...view, ended: hasEnded(view) }));
  return meant === null ? null : records.load(meant.view.id);
}

/** Throws as compareNow. */
export function compareFound(
  deps: CoordinatorDeps,
  found: FoundMigration,
  wanted: Parameters<typeof compareNow>[2],
): ReturnType<typeof compareNow> {
  return found.migration === null ? compareKept(deps, found.record.view, wanted) : compareNow(deps, found.migration, wanted);
}

export async function viewFound(deps: CoordinatorDeps, found: FoundMigration): Promise<MigrationView> {
  return found.migration === null ? viewKept(found.record) : viewOf(deps, found.migration);
}

export async function reportFound(deps: CoordinatorDeps, found: FoundMigration): Promise<Report> {
  return found.migration === null ? found.record.report : reportOf(deps, found.migration);
}

/** As it was kept, with when that was. What has not ended is nothing that this fleet could be told about, before it has taken it up. */
function viewKept({ at, view }: ListedRecord): MigrationView {
  if (hasEnded(view)) return { ...view, keptAt: at };
  const next = `This coordinator's Redis knows nothing of it. To go on with it here: ${reembed('adopt', view.target)}`;
  return { ...view, keptAt: at, possible: [], bound: null, next };
}

/**
 * As it was kept, for whoever asks where no coordinator answers: whether it goes on cannot be seen from there. `owner`: as the target's metadata says it
 * now; null: it does not.
 */
export function viewFromAfar({ at, view }: Pick<ListedRecord, 'at' | 'view'>, owner: Owner | null): MigrationView {
  const kept = { ...view, keptAt: at, bound: null };
  if (waitsForWord(view.phase)) return kept;
  const fleet = owner === null ? 'of its fleet nothing is known' : `its fleet is ${ownerInWords(owner)}`;
  const next =
    `Whether it goes on cannot be seen from here: it last moved at ${view.updatedAt}, and ${fleet}. It goes on by itself while a coordinator and a worker of that ` +
    `fleet run, with its Redis: start what is missing, or set REEMBED_URL to its coordinator, which tells how it is. ` +
    `Where that fleet is gone for good, ${reembed('adopt', view.target, '--take-over')} goes on with it.`;
  return { ...kept, next };
}

/** What is kept of those that this fleet's Redis does not know. None while Qdrant, which keeps them, is away: what runs has to be seen above all. */
export async function keptBesides(deps: Pick<CoordinatorDeps, 'records'>, known: readonly Migration[]): Promise<MigrationView[]> {
  try {
    const records = await deps.records.list();
    return records.filter(({ view }) => !known.some(({ id }) => id === view.id)).map(viewKept);
  } catch (error) {
    if (isReembedError(error)) return [];
    throw error;
  }
}

/** Asks both collections of a migration, by what its target says where that is kept alone. Throws as compareNow, and `wrong-state`. */
export async function compareKept(
  deps: CompareDeps,
  { id, target }: Pick<MigrationView, 'id' | 'target'>,
  wanted: Parameters<typeof compareNow>[2],
): ReturnType<typeof compareNow> {
  const stored = readMigration((await deps.collections.describe(target))?.metadata);
  if (stored?.id !== id)
    throw new ReembedError('wrong-state', `"${target}" is not the target of migration ${id} any more, so it cannot be compared`);
  return compareNow(deps, { ...stored, origins: stored.vectors }, wanted);
}
