import type { SpecInput } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import type { Collections } from '../ports/collections.ts';
import { hasVector } from './target-schema.ts';

export type TwoStepRequest = {
  /** The source by its alias, or by its own name where one alias points at it. */
  readonly source: string;
  /** The vector that is added. */
  readonly vector: string;
  readonly model: string;
  readonly text: string;
};

/**
 * The spec of a two-step switch: every vector of the source is kept, one is added, and the alias of readers moves. Throws `not-found` where
 * there is no such source, `invalid-request` where no alias or several could be meant, or the vector is there already.
 */
export async function twoStepSpec(collections: Collections, { source, vector, model, text }: TwoStepRequest): Promise<SpecInput> {
  const aliases = await collections.aliases();
  const info = await collections.describe(aliases.get(source) ?? source);
  if (info === null) throw new ReembedError('not-found', `there is no collection or alias "${source}"`);
  if (hasVector(info, vector))
    throw new ReembedError(
      'invalid-request',
      `"${info.name}" has a vector "${vector}" already: name another with --vector, or fill it in with \`reembed backfill\``,
    );
  return {
    name: `${info.name}-two-step`.slice(-128),
    source: { collection: info.name },
    target: { collection: nextName(info.name), alias: aliases.has(source) ? source : onlyAlias(aliases, info) },
    vectors: {
      ...Object.fromEntries([...Object.keys(info.vectors), ...Object.keys(info.sparseVectors)].map((kept) => [kept, { keep: kept }])),
      [vector]: { embed: { model, text } },
    },
    search: { new: { using: vector } },
  };
}

function onlyAlias(aliases: ReadonlyMap<string, string>, { name }: CollectionInfo): string {
  const found = [...aliases].filter(([, collection]) => collection === name).map(([alias]) => alias);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new ReembedError(
    'invalid-request',
    found.length === 0
      ? `no alias points at "${name}", so its readers cannot be switched: \`reembed alias create <name> ${name}\`, and let applications use that name`
      : `several aliases point at "${name}" (${found.join(', ')}): name the one to be switched instead of the collection`,
  );
}

/** `docs_v1` becomes `docs_v2`, `docs` becomes `docs_v2`. */
function nextName(name: string): string {
  const [, stem = name, version = '1'] = /^(.*)_v([0-9]{1,6})$/.exec(name) ?? [];
  return `${stem}_v${Number(version) + 1}`;
}
