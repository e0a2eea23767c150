import type { Resolved, Spec, Witness } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { cosine, vectorFromBase64, vectorToBase64 } from '../domain/vector-base64.ts';
import { type Counted, type EmbedContext, embedTexts } from './embed-texts.ts';
import { leastCosine, measureSpread, spreadFault, widest } from './spread.ts';
import { witnessTexts } from './witness-texts.ts';
import { witnessVector } from './witness-vector.ts';

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
  const shaped = { shape: context.embedder.shape ?? 'dense', size: context.dimensions ?? 0 };
  return embedded.map((item) => {
    if ('refused' in item) throw item.refused;
    return witnessVector(item.vector, shaped);
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

/** Cosine keeps directions alone, words have weights and no distance, and a text that is too long is cut, or set aside as it is. */
export function countedOf(
  { spec, resolved }: { readonly spec: Pick<Spec, 'vectors'>; readonly resolved: Pick<Resolved, 'storedAs'> },
  vector: string,
): Counted {
  const { onLongText = 'quarantine' } = spec.vectors[vector]?.embed ?? {};
  const { distance } = resolved.storedAs[vector] ?? { distance: 'Cosine' };
  return { lengths: distance !== 'Cosine', limit: onLongText !== 'quarantine' };
}

/** How a model is another than it was, and what to do in a migration. */
export type Change = { readonly what: string; readonly wayOut: string };

/** Throws `model-changed` where the model behind the name is no longer the one that gave `expected`, or reads more or less of a text. */
export function compareWitness(expected: Witness, found: Witness, counted: Counted): void {
  // What an earlier version did not write down cannot be held against a migration that goes on.
  const change = changeOf(expected, expected.maxInputTokens === undefined ? { ...found, maxInputTokens: undefined } : found, counted);
  if (change !== null) throw new ReembedError('model-changed', `${change.what}. ${change.wayOut}`);
}

/** Null where the model is what it was, as far as it counts; a limit that was not written down is another. */
export function changeOf(expected: Witness, found: Witness, { lengths, limit }: Counted): Change | null {
  const pairs = expected.vectors.map((text, at) => {
    const [before, now] = [vectorFromBase64(text), vectorFromBase64(found.vectors[at] ?? '')];
    const both = Math.min(before.length, now.length);
    return [before.slice(0, both), now.slice(0, both)] as const;
  });
  const lowest = Math.min(...pairs.map(([before, now]) => cosine(before, now)));
  const least = leastCosine(minWitnessCosine, Math.max(expected.spread ?? 0, found.spread ?? 0));
  if (found.dimensions !== expected.dimensions || !(lowest >= least)) return anotherModel(expected, found, { lowest, least });
  const ratio = pairs.map(([before, now]) => lengthOf(now) / lengthOf(before)).find((one) => Math.abs(one - 1) > lengthTolerance);
  if (lengths && ratio !== undefined) return otherLengths(expected, ratio);
  return limit && expected.maxInputTokens !== found.maxInputTokens ? otherLimit(expected, found) : null;
}

function lengthOf(vector: Float32Array): number {
  return Math.hypot(...vector);
}

/** Normalised or not is a setting that no direction shows. */
function otherLengths({ model }: Witness, ratio: number): Change {
  return {
    what: `${model} gives vectors that are ${ratio.toFixed(3)} times as long as before, and the distance of the vector counts lengths`,
    wayOut: 'Have them normalised as they were (`normalise`, or the server), then resume; or cancel and migrate anew.',
  };
}

/** The witness texts are short and do not show it: a text that was cut elsewhere has another vector. */
function otherLimit({ model, maxInputTokens: before }: Witness, { maxInputTokens: now }: Witness): Change {
  const reads = (tokens: number | null | undefined) => (tokens === undefined ? 'nobody knows how many' : (tokens ?? 'any number of'));
  return {
    what: `${model} reads ${reads(now)} tokens of a text now, and read ${reads(before)} before, where onLongText has longer ones cut`,
    wayOut: 'Set the limit as it was (limits.maxInputTokens of the model), then resume; or cancel and migrate anew.',
  };
}

type Compared = { readonly lowest: number; readonly least: number };

/** A size that did not change is not told: of words it is that of our own sums (`witnessVector`), and says nothing of the model. */
function anotherModel(expected: Witness, found: Witness, { lowest, least }: Compared): Change {
  const size = found.dimensions === expected.dimensions ? '' : `${found.dimensions} dimensions instead of ${expected.dimensions} and `;
  return {
    what: `${expected.model} is not the model that it was: its witness texts come back with ${size}cosine ${lowest.toFixed(6)} (at least ${least} is the same model)`,
    wayOut: 'Point the worker at the same model and version, then resume; or cancel and migrate to the new one.',
  };
}
