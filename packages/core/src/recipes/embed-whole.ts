import type { EmbedRecipe } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Embedder } from '../ports/embedder.ts';
import { type EmbedContext, type EmbeddedText, embedTexts } from './embed-texts.ts';

/** By text, in their order: its vector, or why it has none (`text-too-long`, `provider-refused-input`). */
export type WholeEmbeddings = {
  readonly outcomes: readonly (Float32Array | ReembedError)[];
  /** Texts sent, and tokens paid. */
  readonly texts: number;
  readonly tokens: number;
};

type Policy = Pick<EmbedRecipe, 'onLongText' | 'model'>;

/** Embeds each text whole, shortened or in pieces, as `onLongText` says. Throws what embedTexts throws. */
export async function embedWhole(context: EmbedContext, policy: Policy, texts: readonly string[]): Promise<WholeEmbeddings> {
  // Asked before the first request: with that, a model may download the tokenizer that it counts with from then on.
  const judgedFirst = context.embedder.exactTokens;
  const fitted: FittedText[] = [];
  for (const text of texts) fitted.push(await fitText(context.embedder, policy, text));
  const first = await embedFitted(context, fitted);
  // Where only the provider can tell that a text is too long, its refusal is the moment to shorten it.
  const shorten = policy.onLongText !== 'quarantine' && !judgedFirst;
  const again: { readonly at: number; readonly fitted: FittedText }[] = [];
  for (const [at, text] of texts.entries()) {
    if (!shorten || !(first.outcomes[at] instanceof ReembedError)) continue;
    const shorter = await fitText(context.embedder, policy, text, true);
    if ('pieces' in shorter && shorter.pieces[0] !== text) again.push({ at, fitted: shorter });
  }
  const second = await embedFitted(
    context,
    again.map((one) => one.fitted),
  );
  const shortened = new Map(again.map(({ at }, row) => [at, second.outcomes[row]]));
  return {
    outcomes: first.outcomes.map((outcome, at) => shortened.get(at) ?? outcome),
    texts: first.texts + second.texts,
    tokens: first.tokens + second.tokens,
  };
}

async function embedFitted(context: EmbedContext, fitted: readonly FittedText[]): Promise<WholeEmbeddings> {
  const pieces = fitted.flatMap((item) => ('pieces' in item ? item.pieces : []));
  const reply = pieces.length === 0 ? { embedded: [], texts: 0, tokens: 0 } : await embedTexts(context, pieces);
  let at = 0;
  const outcomes = fitted.map((item) => {
    if ('tooLong' in item) return new ReembedError('text-too-long', item.tooLong);
    const embedded = reply.embedded.slice(at, at + item.pieces.length);
    at += item.pieces.length;
    return joined(embedded, item.weights);
  });
  return { outcomes, texts: reply.texts, tokens: reply.tokens };
}

function joined(pieces: readonly EmbeddedText[], weights: readonly number[]): Float32Array | ReembedError {
  const vectors: Float32Array[] = [];
  for (const piece of pieces) {
    if ('refused' in piece) return piece.refused;
    vectors.push(piece.vector);
  }
  return weightedMean(vectors, weights);
}

/** What to send for one text: itself, pieces whose vectors are averaged by their lengths, or nothing because it is too long. */
export type FittedText = { readonly pieces: readonly string[]; readonly weights: readonly number[] } | { readonly tooLong: string };

/**
 * Applies `onLongText`. A text is judged before it is sent only where the embedder counts with the model's own tokenizer; elsewhere the
 * provider decides, and a refused text comes here with `refused`.
 */
export async function fitText(embedder: Embedder, recipe: Policy, text: string, refused = false): Promise<FittedText> {
  const limit = embedder.limits.maxInputTokens;
  if (limit === null || !(refused || embedder.exactTokens)) return whole(text);
  const tokens = await embedder.countTokens(text);
  if (tokens <= limit && !refused) return whole(text);
  if (recipe.onLongText === 'quarantine') {
    return {
      tooLong: `its text has ${embedder.exactTokens ? '' : 'about '}${tokens} tokens${embedder.exactTokens ? '' : ' (an estimate)'} and ${recipe.model} reads ${limit}; shorten it, or set onLongText to truncate or split-mean`,
    };
  }
  // An estimate may be wrong either way: keep a fifth in hand where the tokenizer is not the model's own.
  const safe = embedder.exactTokens ? limit : Math.floor(limit * 0.8);
  const pieces = recipe.onLongText === 'truncate' ? [await embedder.truncate(text, safe)] : await splitText(embedder, text, safe);
  if (pieces.length === 0 || pieces.includes('')) return { tooLong: `not even a first piece of its text fits into ${safe} tokens` };
  if (pieces.length === 1) return { pieces, weights: [1] };
  const weights: number[] = [];
  for (const piece of pieces) weights.push(await embedder.countTokens(piece));
  return { pieces, weights };
}

function whole(text: string): FittedText {
  return { pieces: [text], weights: [1] };
}

async function splitText(embedder: Embedder, text: string, maxTokens: number): Promise<string[]> {
  const pieces: string[] = [];
  for (let rest = text; rest.trim() !== ''; ) {
    const piece = await embedder.truncate(rest, maxTokens);
    pieces.push(piece);
    if (piece === '') break;
    rest = rest.slice(piece.length);
  }
  return pieces;
}

/** The mean of vectors weighted by `weights`, normalised to unit length (the recipe of OpenAI's cookbook for long inputs). */
export function weightedMean(vectors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const [first] = vectors;
  if (first === undefined) throw new Error('the mean of no vectors');
  if (vectors.length === 1) return first;
  const mean = new Float64Array(first.length);
  for (const [at, vector] of vectors.entries()) {
    const weight = weights[at] ?? 0;
    for (const [i, value] of vector.entries()) mean[i] = (mean[i] ?? 0) + value * weight;
  }
  const norm = Math.hypot(...mean);
  return Float32Array.from(mean, (value) => value / norm);
}
