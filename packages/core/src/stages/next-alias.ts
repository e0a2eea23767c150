import type { Spec } from '@reembed/contracts';
import { nextAlias } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

type Target = Pick<Spec['target'], 'alias' | 'collection'>;

/** `<alias>.next` where it stands at the target; null where none does. */
export function standingNext({ alias, collection }: Target, aliases: ReadonlyMap<string, string>): string | null {
  return alias !== null && aliases.get(nextAlias(alias)) === collection ? nextAlias(alias) : null;
}

/** Takes `<alias>.next` away from the target: nothing is in flight any more. */
export async function dropNext({ collections }: Pick<CoordinatorDeps, 'collections'>, target: Target): Promise<void> {
  if (target.alias === null) return;
  const next = standingNext(target, await collections.aliases());
  if (next !== null) await collections.dropAlias(next);
}
