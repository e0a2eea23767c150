import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { Migrations } from './state.ts';

/** Throws `not-found`. */
export async function loadMigration(deps: { readonly migrations: Migrations }, id: string): Promise<Migration> {
  const migration = await deps.migrations.load(id);
  if (migration === null)
    throw new ReembedError('not-found', `there is no migration ${JSON.stringify(id)}; list them with \`reembed list\``);
  return migration;
}
