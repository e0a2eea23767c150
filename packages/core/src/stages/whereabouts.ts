import { type Command, readClaim } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { hasEnded, hasSwitched } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import type { Collections } from '../ports/collections.ts';

/** What has become of target and alias after the switch, whoever moved or deleted them since. `pointsAt`: null where there is no alias. */
export type Whereabouts = { readonly targetStands: boolean; readonly pointsAt: string | null };

type Known = Pick<Migration, 'id' | 'spec' | 'resolved' | 'phase' | 'resumeTo'>;

/** Null where nothing can be astray: before the switch, in place, and after the end. */
export async function whereaboutsOf(
  { collections }: { readonly collections: Pick<Collections, 'aliases' | 'describe'> },
  migration: Known,
): Promise<Whereabouts | null> {
  const { id, spec } = migration;
  if (isInPlace(spec) || !hasSwitched(migration) || hasEnded(migration)) return null;
  const [info, aliases] = await Promise.all([collections.describe(spec.target.collection), collections.aliases()]);
  return {
    targetStands: info !== null && readClaim(info.metadata)?.id === id,
    pointsAt: spec.target.alias === null ? null : (aliases.get(spec.target.alias) ?? null),
  };
}

/** What is astray, in words, with the ways that still end the migration; null where all is as the switch left it. */
export function astrayInWords(migration: Known, whereabouts: Whereabouts): string | null {
  const { id, spec, resolved } = migration;
  const { alias, collection } = spec.target;
  const { aliasBefore, source } = resolved;
  const { targetStands, pointsAt } = whereabouts;
  const back = aliasBefore === null ? '' : ` points "${alias}" at "${aliasBefore}" again and`;
  const end = `${reembed('rollback', id)}${back} ends the migration`;
  if (alias !== null && isElsewhere(migration, whereabouts)) {
    const other = `The alias "${alias}" points at "${pointsAt}", of which this migration knows nothing`;
    return targetStands
      ? `${other}: point it at "${collection}" again; or, if it is to stay there, ${reembed('complete', id, '--confirm', source)} deletes the old collection and ends the migration.`
      : `${other}, and its target "${collection}" is gone: ${reembed('rollback', id)} leaves the alias alone and ends the migration.`;
  }
  if (!targetStands)
    return `The target "${collection}" is gone: somebody deleted it, and what was written to it since the switch. ${end}; "${source}" is kept.`;
  if (alias === null || pointsAt === collection) return null;
  const where = pointsAt === null ? 'is gone' : `points at "${pointsAt}" again`;
  return `The alias "${alias}" ${where}, and not by this migration: ${end}; or point it at "${collection}" again.`;
}

/** Why a word would be refused as things are, and what may be said instead; null where it may be given. */
export function refusalOf(migration: Known, wanted: Command, whereabouts: Whereabouts): string | null {
  const { targetStands } = whereabouts;
  if (wanted === 'complete' && !targetStands) return astrayInWords(migration, whereabouts);
  if (wanted === 'rollback' && targetStands && isElsewhere(migration, whereabouts)) return astrayInWords(migration, whereabouts);
  return null;
}

/** Throws `wrong-state` with what may be said instead. */
export async function checkNotAstray(deps: Parameters<typeof whereaboutsOf>[0], migration: Known, wanted: Command): Promise<void> {
  const whereabouts = await whereaboutsOf(deps, migration);
  const refusal = whereabouts === null ? null : refusalOf(migration, wanted, whereabouts);
  if (refusal !== null) throw new ReembedError('wrong-state', refusal);
}

/** Whether the alias points where the migration never pointed it. */
function isElsewhere({ spec, resolved }: Known, { pointsAt }: Whereabouts): boolean {
  return pointsAt !== null && pointsAt !== spec.target.collection && pointsAt !== resolved.aliasBefore;
}
