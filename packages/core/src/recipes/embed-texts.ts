import type { Witness } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { inHalves } from '../domain/in-halves.ts';
import { tooManyToBlame } from '../domain/retry-policy.ts';
import type { Batches } from '../ports/batches.ts';
import type { Embedder, EmbedKind } from '../ports/embedder.ts';
import type { Fits } from '../ports/fleet.ts';
import type { KnownVectors } from './known-vectors.ts';
import type { Patience } from './patience.ts';
import type { SharedRequests } from './shared-requests.ts';
import type { BatchBudget } from './throttled-budget.ts';
import { createTrial, isTextsFault } from './whose-fault.ts';

/** What became of one text: its vector (dimensions × f32, or as its shape has it), or why the provider refuses it. */
export type EmbeddedText = { readonly vector: Float32Array } | { readonly refused: ReembedError };

export type EmbedContext = Patience & {
  readonly embedder: Embedder;
  /** Undefined: the model's own size. */
  readonly dimensions: number | undefined;
  /** Default: document. */
  readonly kind?: EmbedKind;
  /** Whether the answer may be that every text is refused: whoever asks has been given others of the same model before. */
  readonly mayRefuseAll?: boolean | undefined;
  /** Vectors that need not be asked for; absent: each is. */
  readonly known?: KnownVectors | undefined;
  /** Who fills requests with what is left of several pages; absent: each page ends with a request that it does not fill. */
  readonly shared?: SharedRequests | undefined;
  /** By which its texts go to a batch, and what a batch is held against; absent: they go by requests alone. */
  readonly batched?: Batched | undefined;
};

/** What of a model counts besides the directions of its vectors: their lengths, and how many tokens of a text it reads. */
export type Counted = { readonly lengths: boolean; readonly limit: boolean };

/** `expected`: what the model gave in the beginning, which texts of a batch show again. `budget`: absent: nothing is counted. */
export type Batched = {
  readonly batches: Batches;
  readonly budget?: BatchBudget | undefined;
  readonly expected: Witness;
  readonly counted: Counted;
};

/**
 * Embeds texts in requests of the provider's size; answers in their order. Equal texts are sent once, and those that are known not at all; what does not fill a request goes with
 * that of other pages, where they share. A request that keeps failing is
 * halved until the text that caused it stands alone, if the provider answers a text of ours meanwhile; else its error is thrown, as
 * `whose-fault.ts` says. A 429 holds the whole fleet back and is no failure. Throws `provider-refused` where every single one of many
 * texts is refused, unless that may be.
 */
export async function embedTexts(
  context: EmbedContext,
  texts: readonly string[],
): Promise<{ embedded: EmbeddedText[]; texts: number; tokens: number }> {
  const { results, unique } = await lookUp(context, [...new Set(texts)]);
  let tokens = 0;
  const fits = await context.budget.fits(context.embedder.model);
  const first = await longestAlone(context.embedder, unique);
  if (first !== null) tokens += await embedBatch(context, [first], results);
  const rest = unique.filter((text) => text !== first);
  const batches = cutBatches(context.embedder, await countTexts(context.embedder, rest, fits), fits);
  const left = context.shared === undefined ? [] : (batches.pop() ?? []);
  for (const batch of batches) tokens += await embedBatch(context, textsOf(batch), results);
  const shared = left.length === 0 ? undefined : await context.shared?.embed(context, left, fits);
  for (const [text, result] of shared?.results ?? []) results.set(text, result);
  if (context.mayRefuseAll !== true) refuseWholesale(context, unique, results);
  await keepMade(context, unique, results);
  const embedded = texts.map((text) => {
    const result = results.get(text);
    if (result === undefined) throw new Error('a text has no embedding result');
    return result;
  });
  return { embedded, texts: unique.length - left.length + (shared?.texts ?? 0), tokens: tokens + (shared?.tokens ?? 0) };
}

/** What is known of the texts, and those that have to be sent. */
async function lookUp({ known }: EmbedContext, texts: readonly string[]) {
  const found = (await known?.find(texts)) ?? new Map<string, Float32Array>();
  const results = new Map<string, EmbeddedText>([...found].map(([text, vector]) => [text, { vector }]));
  return { results, unique: texts.filter((text) => !results.has(text)) };
}

async function keepMade({ known }: EmbedContext, texts: readonly string[], results: ReadonlyMap<string, EmbeddedText>): Promise<void> {
  if (known === undefined) return;
  const made = texts.flatMap((text) => {
    const result = results.get(text);
    return result !== undefined && 'vector' in result ? [[text, result.vector] as const] : [];
  });
  await known.keep(new Map(made));
}

function refuseWholesale({ embedder }: EmbedContext, texts: readonly string[], results: ReadonlyMap<string, EmbeddedText>): void {
  const reasons = texts.flatMap((text) => {
    const result = results.get(text);
    return result !== undefined && 'refused' in result ? [result.refused.message] : [];
  });
  if (reasons.length < Math.max(texts.length, tooManyToBlame)) return;
  throw new ReembedError(
    'provider-refused',
    `${embedder.model} refuses each of ${texts.length} texts, first: ${reasons[0]}. Mend the model's entry in reembed.config.yaml, or set onLongText; then resume`,
  );
}

/** The longest text, where it has to stand alone: read whole, it speaks for all the others. */
async function longestAlone(embedder: Embedder, texts: readonly string[]): Promise<string | null> {
  if (embedder.goesAlone === undefined) return null;
  let longest: string | null = null;
  let most = 0;
  for (const text of texts) {
    const tokens = await embedder.countTokens(text);
    if (tokens > most) [longest, most] = [text, tokens];
  }
  return embedder.goesAlone(most) ? longest : null;
}

/** `tokens`: 0 where no limit of the request hangs on them. */
export type CountedText = { readonly text: string; readonly tokens: number };

function textsOf(counted: readonly CountedText[]): string[] {
  return counted.map(({ text }) => text);
}

/** Texts that a request may have: as the provider says, and as has been found to fit. */
export function inputLimit({ limits: { maxInputs } }: Pick<Embedder, 'limits'>, { inputs = Number.POSITIVE_INFINITY }: Fits): number {
  return Math.min(maxInputs, inputs);
}

function tokenLimit({ limits: { maxRequestTokens } }: Pick<Embedder, 'limits'>, { tokens = Number.POSITIVE_INFINITY }: Fits): number {
  return Math.min(maxRequestTokens === null ? Number.POSITIVE_INFINITY : maxRequestTokens * 0.9, tokens);
}

type Cutting = Pick<Embedder, 'limits' | 'countTokens' | 'goesAlone'>;

async function countTexts(embedder: Cutting, texts: readonly string[], fits: Fits): Promise<CountedText[]> {
  const isCounted = Number.isFinite(tokenLimit(embedder, fits)) || embedder.goesAlone !== undefined;
  const counted: CountedText[] = [];
  for (const text of texts) counted.push({ text, tokens: isCounted ? await embedder.countTokens(text) : 0 });
  return counted;
}

/**
 * Texts in order, cut into requests within the provider's limits of inputs and of nine tenths of its tokens a request, and within what has
 * been found to fit; what has to stand alone does.
 */
export async function splitBatches(embedder: Cutting, texts: readonly string[], fits: Fits = {}): Promise<string[][]> {
  return cutBatches(embedder, await countTexts(embedder, texts, fits), fits).map(textsOf);
}

/** The same of texts that have been counted. All but the last are full, or stand alone. */
export function cutBatches<Text extends CountedText>(embedder: Omit<Cutting, 'countTokens'>, texts: readonly Text[], fits: Fits): Text[][] {
  const mostInputs = inputLimit(embedder, fits);
  const mostTokens = tokenLimit(embedder, fits);
  const batches: Text[][] = [];
  let batch: Text[] = [];
  let batchTokens = 0;
  for (const text of texts) {
    const { tokens } = text;
    if (embedder.goesAlone?.(tokens) === true) {
      batches.push([text]);
      continue;
    }
    if (batch.length > 0 && (batch.length >= mostInputs || batchTokens + tokens > mostTokens)) {
      batches.push(batch);
      batch = [];
      batchTokens = 0;
    }
    batch.push(text);
    batchTokens += tokens;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** One request, or as many as its faults take; what became of each text goes into `results`. Answers the tokens paid. */
export async function embedBatch(context: EmbedContext, batch: readonly string[], results: Map<string, EmbeddedText>): Promise<number> {
  const trial = createTrial(context, batch);
  const { done, refused } = await inHalves(batch, isTextsFault, trial.ask, trial.middle);
  if (refused.length === 0)
    await trial.learn(
      context,
      done.map(({ items }) => items),
    );
  for (const { item, error } of refused) results.set(item, { refused: error });
  for (const { items, reply } of done) {
    let at = 0;
    for (const [row, text] of items.entries()) {
      const length = reply.lengths?.[row] ?? reply.dimensions;
      results.set(text, { vector: reply.vectors.subarray(at, at + length) });
      at += length;
    }
  }
  return done.reduce((sum, { reply }) => sum + reply.tokens, 0);
}
