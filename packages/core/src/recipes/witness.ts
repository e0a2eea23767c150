import type { Resolved, Witness } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { cosine, vectorFromBase64, vectorToBase64 } from '../domain/vector-base64.ts';
import { type EmbedContext, embedTexts } from './embed-texts.ts';
import { leastCosine, measureSpread, spreadFault, widest } from './spread.ts';
import { witnessTexts } from './witness-texts.ts';

/** Two models agree when every pair of witness vectors has at least this cosine, where the server is as exact as most. */
const minWitnessCosine = 0.9999;

/** Embeds the witness texts. Throws what embedTexts throws, and what the provider says where it refuses one of them. */
export async function takeWitness(context: EmbedContext): Promise<Witness> {
  return witnessOf(context, await embedOwn(context, witnessTexts));
}

/**
 * The same, with the server's own spread, by which later looks go. Throws also `provider-bad-reply` where a vector hangs on what stands beside
 * its text, or is another one each time.
 */
export async function takeFirstWitness(context: EmbedContext): Promise<Witness> {
  const together = await embedOwn(context, witnessTexts);
  const spread = await measureSpread(together, (texts) => embedOwn(context, texts));
  const fault = spreadFault(spread);
  if (fault !== null) throw new ReembedError('provider-bad-reply', `${context.embedder.model} ${fault}`, { retry: 'never' });
  const seen = widest(spread);
  return { ...witnessOf(context, together), ...(seen > 0 && { spread: seen }) };
}

/** As documents, whatever else the context asks for: what a model is given before a query says nothing of vectors that are stored. */
async function embedOwn(context: EmbedContext, texts: readonly string[]): Promise<Float32Array[]> {
  const { embedded } = await embedTexts({ ...context, kind: 'document' }, texts);
  return embedded.map((item) => {
    if ('refused' in item) throw item.refused;
    return item.vector;
  });
}

function witnessOf({ embedder: { model, limits } }: EmbedContext, rows: readonly Float32Array[]): Witness {
  return { model, dimensions: rows[0]?.length ?? 0, vectors: rows.map(vectorToBase64), maxInputTokens: limits.maxInputTokens };
}

/** Numbers of all a migration's witness vectors of one text: they stand in metadata, which everyone who asks for the collection is sent. */
const keptNumbers = 192;
/** With fewer, the noise of a provider's own numbers could look like another model. */
const fewestNumbers = 32;

/** What is kept of the witness of each of `vectors` models: the beginning of its vectors shows another model as well as the whole of them. */
export function shortWitness(witness: Witness, vectors: number): Witness {
  const kept = Math.max(fewestNumbers, Math.ceil(keptNumbers / vectors));
  return { ...witness, vectors: witness.vectors.map((text) => vectorToBase64(vectorFromBase64(text).slice(0, kept))) };
}

/** Where lengths count, those of two witness vectors agree within this share. */
const lengthTolerance = 0.01;

/** Whether the length of a vector counts where it is stored: Cosine keeps directions alone. */
export function lengthsCount({ storedAs }: Pick<Resolved, 'storedAs'>, vector: string): boolean {
  return (storedAs[vector]?.distance ?? 'Cosine') !== 'Cosine';
}

/** Throws `model-changed` where the model behind the name is no longer the one that gave `expected`. `lengths`: whether they count. */
export function compareWitness(expected: Witness, found: Witness, { lengths }: { readonly lengths: boolean }): void {
  const pairs = expected.vectors.map((text, at) => {
    const [before, now] = [vectorFromBase64(text), vectorFromBase64(found.vectors[at] ?? '')];
    const both = Math.min(before.length, now.length);
    return [before.slice(0, both), now.slice(0, both)] as const;
  });
  const lowest = Math.min(...pairs.map(([before, now]) => cosine(before, now)));
  const least = leastCosine(minWitnessCosine, Math.max(expected.spread ?? 0, found.spread ?? 0));
  if (found.dimensions !== expected.dimensions || !(lowest >= least)) throw anotherModel(expected, found, { lowest, least });
  const ratio = pairs.map(([before, now]) => lengthOf(now) / lengthOf(before)).find((one) => Math.abs(one - 1) > lengthTolerance);
  if (lengths && ratio !== undefined) throw otherLengths(expected, ratio);
}

function lengthOf(vector: Float32Array): number {
  return Math.hypot(...vector);
}

/** Normalised or not is a setting that no direction shows. */
function otherLengths({ model }: Witness, ratio: number): ReembedError {
  return new ReembedError(
    'model-changed',
    `${model} gives vectors that are ${ratio.toFixed(3)} times as long as when this migration began, and the distance of the vector counts lengths. ` +
      'Have them normalised as they were (`normalise`, or the server), then resume; or cancel and migrate anew.',
  );
}

type Compared = { readonly lowest: number; readonly least: number };

function anotherModel(expected: Witness, found: Witness, { lowest, least }: Compared): ReembedError {
  return new ReembedError(
    'model-changed',
    `${expected.model} is not the model this migration began with: its witness texts come back with ${found.dimensions} dimensions and cosine ${lowest.toFixed(6)} ` +
      `(began with ${expected.dimensions}; at least ${least} is the same model). Point the worker at the same model and version, then resume; or cancel and migrate to the new one.`,
  );
}
