import type { EmbedRecipe } from '@reembed/contracts';
import type { Embedder } from '../ports/embedder.ts';

/** What to send for one text: itself, pieces whose vectors are averaged by their lengths, or nothing because it is too long. */
export type FittedText = { readonly pieces: readonly string[]; readonly weights: readonly number[] } | { readonly tooLong: string };

/**
 * Applies `onLongText`. A text is judged before it is sent only where the embedder counts with the model's own tokenizer; elsewhere the
 * provider decides, and a refused text comes here with `refused`.
 */
export function fitText(embedder: Embedder, recipe: Pick<EmbedRecipe, 'onLongText' | 'model'>, text: string, refused = false): FittedText {
  const limit = embedder.limits.maxInputTokens;
  if (limit === null || !(refused || embedder.exactTokens)) return whole(text);
  const tokens = embedder.countTokens(text);
  if (tokens <= limit && !refused) return whole(text);
  if (recipe.onLongText === 'quarantine') {
    return {
      tooLong: `its text has ${tokens} tokens and ${recipe.model} reads ${limit}; shorten it, or set onLongText to truncate or split-mean`,
    };
  }
  // An estimate may be wrong either way: keep a fifth in hand where the tokenizer is not the model's own.
  const safe = embedder.exactTokens ? limit : Math.floor(limit * 0.8);
  const pieces = recipe.onLongText === 'truncate' ? [embedder.truncate(text, safe)] : splitText(embedder, text, safe);
  if (pieces.length === 0 || pieces.includes('')) return { tooLong: `not even a first piece of its text fits into ${safe} tokens` };
  if (pieces.length === 1) return { pieces, weights: [1] };
  return { pieces, weights: pieces.map((piece) => embedder.countTokens(piece)) };
}

function whole(text: string): FittedText {
  return { pieces: [text], weights: [1] };
}

function splitText(embedder: Embedder, text: string, maxTokens: number): string[] {
  const pieces: string[] = [];
  for (let rest = text; rest.trim() !== ''; ) {
    const piece = embedder.truncate(rest, maxTokens);
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
