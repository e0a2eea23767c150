import { type BackfillRequest, readMigration, readOrigins, type Spec, specSchema } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import { isWholePayload } from '../domain/recipes-of.ts';
import type { Collections } from '../ports/collections.ts';

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
