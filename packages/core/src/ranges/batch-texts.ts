import { createHash } from 'node:crypto';
import type { EmbedRecipe } from '@reembed/contracts';
import type { PointText } from '../domain/point.ts';
import type { Batched, EmbedContext } from '../recipes/embed-texts.ts';
import { fitText } from '../recipes/embed-whole.ts';
import { withTexts } from '../recipes/point-texts.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { wantedTexts } from '../recipes/text-recipe.ts';
import { witnessTexts } from '../recipes/witness-texts.ts';
import type { RangeContext } from './range-context.ts';
import { readEarlier } from './read-earlier.ts';
import { readRange, sourceRead } from './read-pages.ts';
import { mayBeStored, withoutStored } from './stored-points.ts';

type Wanted = { readonly name: string; readonly recipe: EmbedRecipe; readonly embedding: EmbedContext; readonly batched: Batched };

/** By which a text is found again: 128 bits of its hash. */
export function nameOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Texts of a range from its checkpoint on that have to be paid for, as they are sent, each once, and no more than fit into one batch. */
export async function batchTexts(context: RangeContext, wanted: Wanted): Promise<ReadonlySet<string>> {
  const { limits } = wanted.batched.batches;
  const most = limits.texts - witnessTexts.length;
  const found = new Set<string>();
  let bytes = 0;
  for await (const page of readRange(context.points, sourceRead(context))) {
    for (const text of await textsOfPage(context, wanted, page.points)) {
      if (found.has(text)) continue;
      bytes += Buffer.byteLength(JSON.stringify(text));
      if (found.size >= most || bytes > limits.bytes) return found;
      found.add(text);
    }
  }
  return found;
}

async function textsOfPage(context: RangeContext, { name, recipe, embedding }: Wanted, page: readonly PointText[]): Promise<string[]> {
  const absent = mayBeStored(context.pass, context.record) ? await withoutStored(context, page) : page;
  const read = await withTexts(context.recipes, absent);
  const reuse = await readEarlier(context, absent);
  const vector = targetVectors(context.migration.spec).find((one) => one.name === name);
  const points = read.filter((point) => vector === undefined || reuse(vector, point) === null);
  const pieces: string[] = [];
  for (const { text } of wantedTexts(name, recipe, points).wanted) {
    const fitted = await fitText(embedding.embedder, recipe, text);
    if ('pieces' in fitted) pieces.push(...fitted.pieces);
  }
  const known = (await embedding.known?.find(pieces)) ?? new Map();
  return pieces.filter((piece) => !known.has(piece));
}
