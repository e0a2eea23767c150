import { ReembedError } from '../domain/error.ts';
import { fencePrefix, type Migration, nextAlias } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { hasSwitched } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';

type Aliases = ReadonlyMap<string, string>;

/** The aliases by which others use the target: all that point at it but the migration's own, its fences and `<alias>.next`. */
export function aliasesInUse({ id, spec }: Pick<Migration, 'id' | 'spec'>, aliases: Aliases): string[] {
  const { alias, collection } = spec.target;
  const isOwn = (name: string) => name.startsWith(fencePrefix(id)) || (alias !== null && name === nextAlias(alias));
  return [...aliases].flatMap(([name, pointsAt]) => (pointsAt === collection && !isOwn(name) ? [name] : []));
}

/** Whether readers have been led to the target, by whoever it was: through the alias of its migration, or through any where that has none. */
export function isAliasThere(migration: Pick<Migration, 'id' | 'spec'>, aliases: Aliases): boolean {
  const { alias, collection } = migration.spec.target;
  return alias === null ? aliasesInUse(migration, aliases).length > 0 : aliases.get(alias) === collection;
}

/**
 * Throws `target-live` where others use the target of a migration that has not switched: what they write there is not in the source, and
 * sync would undo it. In place, and once it is switched, a target is live, and passes only fill in what is missing; then it is the old collection
 * that reverse sync writes to, and that nobody may use.
 */
export function checkNotLive(migration: Migration, aliases: Aliases): void {
  if (!migration.isReversed && (isInPlace(migration.spec) || hasSwitched(migration))) return;
  const names = aliasesInUse(migration, aliases);
  if (names.length > 0) throw migration.isReversed ? oldLive(migration, names) : targetLive(migration, names);
}

/** What writers that an alias leads to the old collection write there is in no other, and reverse sync would undo it. */
function oldLive({ id, spec, resolved }: Migration, names: readonly string[]): ReembedError {
  return new ReembedError(
    'target-live',
    `the old collection "${spec.target.collection}" is in use through ${aliasesInWords(names)}: reverse sync writes nothing more to it, and what is written there is not in "${resolved.source}". ` +
      `Point them at "${resolved.source}", or take them away, then ${reembed('resume', id)}; or end the migration with ${reembed('rollback', id)}`,
  );
}

function aliasesInWords(names: readonly string[]): string {
  return `${names.length === 1 ? 'the alias' : 'the aliases'} ${names.map((name) => `"${name}"`).join(', ')}`;
}

function targetLive(migration: Migration, names: readonly string[]): ReembedError {
  const { collection } = migration.spec.target;
  const by = aliasesInWords(names);
  return new ReembedError(
    'target-live',
    `"${collection}" is in use through ${by}, though migration ${migration.id} has not switched: nothing more is written to it. ${waysOut(migration, names)}`,
  );
}

function waysOut({ id, spec, resolved }: Migration, names: readonly string[]): string {
  const { alias, collection } = spec.target;
  const back =
    alias !== null && names.includes(alias) && resolved.aliasBefore !== null
      ? `point "${alias}" at "${resolved.aliasBefore}" again`
      : 'take them away';
  const others = names.filter((name) => name !== alias);
  const takeBack = `Either ${back}${others.length > 0 && names.length > others.length ? `, take ${others.join(', ')} away` : ''}, then ${reembed('resume', id)}: what was written to "${collection}" meanwhile is replaced by what the source has`;
  if (alias !== null && !names.includes(alias))
    return `${takeBack}. To look at it before the switch, use "${nextAlias(alias)}" or its own name`;
  return `${takeBack}; or take it for the switch: ${reembed('switch', id, '--made-by-hand')} compares, lists what differs, and goes on as after a switch`;
}
