import { type Command, readClaim, readMigration, readPhase } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { hasEnded, hasSwitched } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import type { Collections } from '../ports/collections.ts';

/**
 * What has become of target, source and alias after the switch, whoever moved or deleted them since. `pointsAt`: null where there is no alias. `ledBy`: the
 * other migration that has switched the alias to where it points, as far as is known.
 */
export type Whereabouts = {
  readonly targetStands: boolean;
  readonly sourceStands: boolean;
  readonly pointsAt: string | null;
  readonly ledBy: string | null;
};

type Known = Pick<Migration, 'id' | 'spec' | 'resolved' | 'phase' | 'resumeTo'>;

/** Null where nothing can be astray: before the switch, in place, and after the end. */
export async function whereaboutsOf(
  { collections }: { readonly collections: Pick<Collections, 'aliases' | 'describe'> },
  migration: Known,
): Promise<Whereabouts | null> {
  const { id, spec, resolved } = migration;
  if (isInPlace(spec) || !hasSwitched(migration) || hasEnded(migration)) return null;
  const [target, source, aliases] = await Promise.all([
    collections.describe(spec.target.collection),
    collections.describe(resolved.source),
    collections.aliases(),
  ]);
  const pointsAt = spec.target.alias === null ? null : (aliases.get(spec.target.alias) ?? null);
  const elsewhere = pointsAt === null || pointsAt === spec.target.collection ? null : await collections.describe(pointsAt);
  return {
    targetStands: target !== null && readClaim(target.metadata)?.id === id,
    sourceStands: source !== null,
    pointsAt,
    ledBy: elsewhere === null ? null : whoLed(migration, elsewhere),
  };
}

/** The migration whose switch, as its metadata say, has led this one's alias to the collection. */
function whoLed({ id, spec }: Known, { metadata }: CollectionInfo): string | null {
  const [other, said] = [readMigration(metadata), readPhase(metadata)];
  if (other === null || said === null || other.id === id || other.spec.target.alias !== spec.target.alias) return null;
  return said.phase !== 'rolled-back' && hasSwitched(said) ? other.id : null;
}

/** What is astray, in words, with the ways that still end the migration; null where all is as the switch left it. */
export function astrayInWords(migration: Known, whereabouts: Whereabouts): string | null {
  const { id, spec, resolved } = migration;
  const { alias, collection } = spec.target;
  const { aliasBefore, source } = resolved;
  const { targetStands, sourceStands, pointsAt, ledBy } = whereabouts;
  const complete = reembed('complete', id, '--confirm', source);
  const back = aliasBefore === null ? '' : ` points "${alias}" at "${aliasBefore}" again and`;
  const end = `${reembed('rollback', id)}${back} ends the migration`;
  if (alias !== null && isElsewhere(migration, whereabouts)) {
    const who = ledBy === null ? 'of which this migration knows nothing' : `where migration ${ledBy} has led it`;
    const other = `The alias "${alias}" points at "${pointsAt}", ${who}`;
    if (!targetStands)
      return `${other}, and its target "${collection}" is gone: ${reembed('rollback', id)} leaves the alias alone and ends the migration.`;
    const first = sourceStands ? `delete "${source}" yourself; then ` : '';
    return `${other}: point it at "${collection}" again; or, if it is to stay there, ${first}${complete} ends the migration.`;
  }
  if (!targetStands)
    return `The target "${collection}" is gone: somebody deleted it, and what was written to it since the switch. ${end}; "${source}" is kept.`;
  if (alias === null || pointsAt === collection) return null;
  const where = pointsAt === null ? 'is gone' : `points at "${pointsAt}" again`;
  const ends = sourceStands ? end : `"${source}" is gone, too, so ${complete} ends the migration`;
  return `The alias "${alias}" ${where}, and not by this migration: ${ends}; or point it at "${collection}" again.`;
}

/** Why a word would be refused as things are, and what may be said instead; null where it may be given. */
export function refusalOf(migration: Known, wanted: Command, whereabouts: Whereabouts): string | null {
  const { targetStands } = whereabouts;
  if (wanted === 'complete' && !targetStands) return astrayInWords(migration, whereabouts);
  if (wanted === 'complete' && whereabouts.sourceStands && !isWhereItWasLed(migration, whereabouts))
    return astrayInWords(migration, whereabouts);
  if (wanted === 'rollback' && targetStands && isElsewhere(migration, whereabouts)) return astrayInWords(migration, whereabouts);
  return null;
}

/** Throws `wrong-state` with what may be said instead. */
export async function checkNotAstray(deps: Parameters<typeof whereaboutsOf>[0], migration: Known, wanted: Command): Promise<void> {
  const whereabouts = await whereaboutsOf(deps, migration);
  const refusal = whereabouts === null ? null : refusalOf(migration, wanted, whereabouts);
  if (refusal !== null) throw new ReembedError('wrong-state', refusal);
}

/** Whether readers are where the switch has led them: else nobody knows whether the old collection is what they shall see next. */
function isWhereItWasLed({ spec: { target } }: Known, { pointsAt }: Whereabouts): boolean {
  return target.alias === null || pointsAt === target.collection;
}

/** Whether the alias points where the migration never pointed it. */
function isElsewhere({ spec, resolved }: Known, { pointsAt }: Whereabouts): boolean {
  return pointsAt !== null && pointsAt !== spec.target.collection && pointsAt !== resolved.aliasBefore;
}
