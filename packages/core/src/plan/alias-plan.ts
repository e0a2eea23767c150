import type { Issue, Plan } from '@reembed/contracts';
import { isFenceAlias, nextAlias } from '../domain/migration.ts';
import { nearName } from '../domain/near-names.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { reembed } from '../domain/words.ts';
import type { PlanScene, ServerState } from '../recipes/plan-scene.ts';

/** What stands in the way of the alias that readers use. */
export function aliasBlockers({ spec, around }: PlanScene): Issue[] {
  const { alias, collection } = spec.target;
  if (alias === null) return [];
  const field = 'target.alias';
  if (around.collections.includes(alias)) {
    return [
      {
        field,
        value: alias,
        message:
          `is a collection's own name, so readers use the collection directly and nothing can be switched under them: create an alias for it ` +
          `(${reembed('alias', 'create', `${alias}_live`, alias)}, or another name), let readers use that name, then submit with it`,
      },
    ];
  }
  const pointsAt = around.aliases.get(alias);
  const near = pointsAt === undefined ? nearName(alias, aliasesOfSource(around)) : null;
  const next = around.aliases.get(nextAlias(alias));
  return [
    ...(pointsAt !== undefined && pointsAt !== around.source?.name
      ? [
          {
            field,
            value: alias,
            message: `points at "${pointsAt}", not at the source "${around.source?.name ?? spec.source.collection}": name the alias its readers use`,
          },
        ]
      : []),
    ...(near === null
      ? []
      : [
          {
            field,
            value: alias,
            message:
              `does not exist, and "${near}", which points at the source, has nearly its name: readers of "${near}" would stay behind. Write "${near}"; ` +
              `or, where a new name is meant, make it first (${reembed('alias', 'create', alias, around.source?.name ?? '')})`,
          },
        ]),
    ...(next !== undefined && next !== collection
      ? [
          {
            field,
            value: alias,
            message: `the alias "${nextAlias(alias)}" exists and points at "${next}": another migration may be under way; delete that alias if not`,
          },
        ]
      : []),
    ...(around.collections.includes(nextAlias(alias))
      ? [
          {
            field,
            value: alias,
            message: `a collection has the name "${nextAlias(alias)}", which the migration needs as an alias: choose another alias`,
          },
        ]
      : []),
  ];
}

/** The aliases by which readers may find the source: fences and announcements are reembed's own. */
export function aliasesOfSource({ aliases, source }: ServerState): string[] {
  const all = [...aliases].flatMap(([name, collection]) => (collection === source?.name ? [name] : []));
  return all.filter((name) => !isFenceAlias(name) && !all.some((alias) => name === nextAlias(alias)));
}

/** Every alias of the source, and the one that the spec names, with what becomes of it. */
export function aliasesPlan({ spec, around }: PlanScene): Plan['aliases'] {
  const { source, aliases } = around;
  const { alias, collection } = spec.target;
  if (source === null) return [];
  const others = aliasesOfSource(around).filter((name) => name !== alias);
  const pointsAt = alias === null ? undefined : aliases.get(alias);
  return [
    ...(alias === null || isInPlace(spec)
      ? []
      : [
          pointsAt === undefined
            ? { name: alias, pointsAt: null, becomes: 'made' as const, says: `the switch makes it, for "${collection}"` }
            : { name: alias, pointsAt, becomes: 'moves' as const, says: `moves to "${collection}" at the switch` },
        ]),
    ...others.map((name) => ({
      ...{ name, pointsAt: source.name, becomes: 'stays' as const },
      says: isInPlace(spec)
        ? 'stays, and its readers find the added vector'
        : `stays at "${source.name}": its readers go on with the old vectors, and \`complete\` waits until it points elsewhere`,
    })),
  ];
}
