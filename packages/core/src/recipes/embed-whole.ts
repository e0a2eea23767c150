import type { EmbedRecipe } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { type EmbedContext, type EmbeddedText, embedTexts } from './embed-texts.ts';
import { type FittedText, fitText, weightedMean } from './fit-text.ts';

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
  const first = await embedFitted(
    context,
    texts.map((text) => fitText(context.embedder, policy, text)),
  );
  // Where only the provider can tell that a text is too long, its refusal is the moment to shorten it.
  const shorten = policy.onLongText !== 'quarantine' && !judgedFirst;
  const again = texts.flatMap((text, at) => {
    if (!shorten || !(first.outcomes[at] instanceof ReembedError)) return [];
    const fitted = fitText(context.embedder, policy, text, true);
    return 'pieces' in fitted && fitted.pieces[0] !== text ? [{ at, fitted }] : [];
  });
  const second = await embedFitted(
    context,
    again.map(({ fitted }) => fitted),
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
