import { type BackfillRequest, readMigration, readOrigins, type Spec, type SpecInput, specSchema } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import { isWholePayload } from '../domain/recipes-of.ts';
import { ownInWords, reembed } from '../domain/words.ts';
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
  const own = ownInWords(aliases.get(source) ?? source);
  if (own !== null) throw new ReembedError('invalid-request', `"${source}" ${own}`);
  const info = await collections.describe(aliases.get(source) ?? source);
  if (info === null) throw new ReembedError('not-found', `there is no collection or alias "${source}"`);
  if (hasVector(info, vector))
    throw new ReembedError(
      'invalid-request',
      `"${info.name}" has a vector "${vector}" already: name another with --vector, or fill it in with ${reembed('backfill', info.name, '--vector', vector, '--model', model, '--text', text)}`,
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
      ? `no alias points at "${name}", so its readers cannot be switched: ${reembed('alias', 'create', `${name}_live`, name)}, or another name, and let applications use that`
      : `several aliases point at "${name}" (${found.join(', ')}): name the one to be switched instead of the collection`,
  );
}

/** `docs_v1` becomes `docs_v2`, `docs` becomes `docs_v2`. */
function nextName(name: string): string {
  const [, stem = name, version = '1'] = /^(.*)_v([0-9]{1,6})$/.exec(name) ?? [];
  return `${stem}_v${Number(version) + 1}`;
}

type Recipe = { readonly model: string; readonly text: string };

/**
 * The in-place migration that gives points of a collection the vector they lack. What made the vector is taken from the collection's own
 * metadata where the request leaves it out. Throws `not-found` where there is no such collection, `invalid-request` where nobody says what
 * makes the vector.
 */
export async function backfillSpec(collections: Collections, request: BackfillRequest): Promise<Spec> {
  const { vector } = request;
  const name = (await collections.aliases()).get(request.collection) ?? request.collection;
  const info = await collections.describe(name);
  if (info === null) throw new ReembedError('not-found', `there is no collection or alias "${request.collection}" to backfill`);
  if (info.sparseVectors[vector] !== undefined)
    throw new ReembedError('invalid-request', `vector "${vector}" of "${name}" is sparse: backfill gives points what a model embeds`);
  const distance = info.vectors[vector]?.distance;
  return specSchema.parse({
    name: 'backfill',
    source: { collection: name },
    target: { collection: name, inPlace: true },
    vectors: { [vector]: { embed: recipeOf(info, request), ...(distance === undefined ? {} : { distance }) } },
  });
}

function recipeOf(info: CollectionInfo, { vector, model, text, dimensions }: BackfillRequest): Recipe {
  const size = dimensions === undefined ? {} : { dimensions };
  if (model !== undefined && text !== undefined) return { model, text, ...size };
  const known = model === undefined && text === undefined ? storedRecipe(info, vector) : null;
  if (known !== null) return { ...known, ...size };
  throw new ReembedError(
    'invalid-request',
    `"${info.name}" does not say what makes its vector "${vector}": give both model (${model ?? 'missing'}) and text (${text ?? 'missing'}), the template of the texts`,
  );
}

/** As the migration that made the collection said it, whole; else what the metadata says of the vector. */
function storedRecipe(info: CollectionInfo, vector: string): Recipe | null {
  const stored = readMigration(info.metadata);
  // Its templates speak of the fields of another payload.
  if (stored !== null && !isWholePayload(stored.spec)) return null;
  return stored?.spec.vectors[vector]?.embed ?? originOf(info, vector);
}

function originOf(info: CollectionInfo, vector: string): Recipe | null {
  const origin = readOrigins(info.metadata)[vector];
  return origin === undefined || origin.cutFrom !== undefined ? null : { model: origin.model, text: origin.text };
}
