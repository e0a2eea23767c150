import { readClaim, type Spec } from '@reembed/contracts';
import { type Migration, nextAlias } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { actFreshly } from './fresh-act.ts';

/** `<alias>.next` where it stands at the target; null where none does. */
export function standingNext({ alias, collection }: Spec['target'], aliases: ReadonlyMap<string, string>): string | null {
  return alias !== null && aliases.get(nextAlias(alias)) === collection ? nextAlias(alias) : null;
}

type Deps = Pick<CoordinatorDeps, 'collections' | 'clock' | 'requestTimeoutMs'>;

/**
 * Takes `<alias>.next` away from the target, where nothing is in flight any more. It is whose the target is: one that found the name of its target taken, or
 * whose target another has taken up since, leaves that one's alone.
 */
export async function dropNext(deps: Deps, { id, spec: { target } }: Pick<Migration, 'id' | 'spec'>): Promise<void> {
  const { collections } = deps;
  const look = async () => {
    const next = standingNext(target, await collections.aliases());
    const claim = next === null ? null : readClaim((await collections.describe(target.collection))?.metadata);
    return claim?.id === id ? next : null;
  };
  await actFreshly(deps, look, (next) => collections.dropAlias(next));
}
