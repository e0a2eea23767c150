import type { Migration, Wait } from '../domain/migration.ts';
import { modelVectors } from '../domain/recipes-of.ts';
import { reembed } from '../domain/words.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { serviceName } from './point-texts.ts';

/** Whom workers ask for a migration, by the names under which the fleet keeps their budgets. */
export function askedOf({ spec }: Pick<Migration, 'spec'>): string[] {
  const models = modelVectors(spec).map(({ recipe }) => recipe.model);
  const { textFrom } = spec.source;
  return [...new Set([...models, ...(textFrom !== null && textFrom.url !== null ? [serviceName(textFrom.url)] : [])])];
}

/** What keeps the providers of a migration from being asked, in their own words; null: nothing. */
export async function whyHeld({ providers }: Pick<CoordinatorDeps, 'providers'>, migration: Migration): Promise<Wait | null> {
  for (const name of askedOf(migration)) {
    const held = await providers.held(name);
    if (held === null) continue;
    const seconds = Math.ceil(held.leftMs / 1_000);
    const reason = `for ${name}, which is asked again in ${seconds} s, or now by ${reembed('resume', migration.id)}: ${held.why}`;
    return { kind: 'provider', reason };
  }
  return null;
}

/** Has the providers of a migration asked again at once. */
export async function liftHolds({ providers }: Pick<CoordinatorDeps, 'providers'>, migration: Migration): Promise<void> {
  for (const name of askedOf(migration)) await providers.lift(name);
}

/** `stub/small: at most 8 texts a request, as it was found out`, of those where something did not fit. */
export async function whatFits({ providers }: Pick<CoordinatorDeps, 'providers'>, migration: Migration): Promise<string[]> {
  const said = await Promise.all(
    askedOf(migration).map(async (name) => {
      const { inputs, tokens, requests } = await providers.fits(name);
      const most = [
        ...(inputs === undefined ? [] : [`${inputs} texts a request`]),
        ...(tokens === undefined ? [] : [`${tokens} tokens a request`]),
        ...(requests === undefined ? [] : [`${requests} requests at once`]),
      ];
      return most.length === 0 ? [] : [`${name}: at most ${most.join(', ')}, as was found out; more is tried now and then`];
    }),
  );
  return said.flat();
}
