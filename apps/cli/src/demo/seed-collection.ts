import { metadataKeys } from '@reembed/contracts';
import { type Collections, type ModelCatalogue, type Points, renderText } from '@reembed/core';
import { vectorToJson } from '@reembed/qdrant';
import type { DocumentChunk } from './collect-documents.ts';

export type SeedOptions = {
  readonly collections: Collections;
  readonly points: Points;
  readonly catalogue: ModelCatalogue;
  readonly collection: string;
  readonly alias: string;
  readonly model: string;
  readonly template: string;
};

const batch = 128;

/** Makes the collection that a user had before: embedded with an old model, which its metadata names, behind an alias. */
export async function seedCollection(documents: readonly DocumentChunk[], options: SeedOptions): Promise<void> {
  const { collections, points, collection, alias, model, template } = options;
  const embedder = options.catalogue.embedder(model);
  const size = options.catalogue.facts(model)?.dimensions;
  if (typeof size !== 'number') throw new Error(`the size of ${model} is not known`);
  const origin = { vectors: { '': { model, dimensions: size, text: template } } };
  await collections.create(collection, { vectors: { size, distance: 'Cosine' }, metadata: { [metadataKeys.migration]: origin } });
  await collections.createPayloadIndex(collection, 'package', 'keyword');
  for (let at = 0; at < documents.length; at += batch) {
    const part = documents.slice(at, at + batch).map(({ id, payload }) => ({ id, payload: JSON.stringify(payload) }));
    const texts = part.map(({ payload }) => renderText(template, payload) ?? '');
    const { vectors, dimensions } = await embedder.embed(texts, { kind: 'document' });
    await points.insertOnly(
      collection,
      part.map((point, row) => ({ ...point, vectors: { '': vectorToJson(vectors.subarray(row * dimensions, (row + 1) * dimensions)) } })),
    );
  }
  await embedder.close();
  await collections.pointAlias(alias, collection);
}
