import type { ErrorCode } from '@reembed/contracts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import type { Embeddings } from '../ports/embedder.ts';
import type { EmbedContext } from './embed-texts.ts';
import { askPatiently } from './patience.ts';
import { witnessTexts } from './witness-texts.ts';

/*
 * Whose fault it is that a request keeps failing. A status does not tell: servers answer one bad text with 500 (Ollama's NaN), a batch that
 * is too large with 500 or with silence, an account in arrears with 400, a text that a firewall takes for an attack with 403. So a text of
 * ours is asked alone, which there is nothing wrong with. Nor does one refusal tell, since any server, or whatever stands before it, has a bad moment: what
 * sets a text aside, stops the migration or teaches the fleet is a refusal that the same texts were given twice.
 *
 * | the witness text | then it is | what follows |
 * |---|---|---|
 * | fails | the server, the account or the model's entry | its error is thrown: waited out, or the migration stops |
 * | passes | a text, their number or their length | the request is halved, down to the text that fails alone, which is refused by name |
 */

const [witnessText] = witnessTexts;

/** Tries of a request that can be halved: a half of it is another try, and tells more. */
const triesOfMany = 3;

/** How long a server that is away is left alone, in ms. */
const awayMs = 5_000;

/** What a text, or their number, can be the cause of. */
const doubtful: readonly ErrorCode[] = [
  'provider-refused-input',
  'provider-refused',
  'provider-unauthorized',
  'provider-unreachable',
  'provider-timeout',
  'provider-bad-reply',
];

export function isTextsFault(error: unknown): error is ReembedError {
  return isReembedError(error, 'provider-refused-input');
}

/** What is asked for a batch, a part after another, and what that tells of what fits into a request. */
export type Trial = {
  /** For inHalves: throws `provider-refused-input` where a part is at fault. The witness is asked at the first failure, and before a text is blamed; then what was refused, again. */
  ask(texts: readonly string[]): Promise<Embeddings>;
  /** Where to halve: by the length of the texts where that is what did not fit. */
  middle(texts: readonly string[]): number;
  /** Keeps what fitted, for the whole fleet, where the batch did not and every part of it did. */
  learn(context: EmbedContext, parts: readonly (readonly string[])[]): Promise<void>;
};

export function createTrial(context: EmbedContext, batch: readonly string[]): Trial {
  let fault: ReembedError | null = null;

  async function ask(texts: readonly string[], isSecond = false): Promise<Embeddings> {
    try {
      return await requestEmbeddings({ ...context, maxTries: triesFor(context, texts) }, texts);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isDoubtful(error)) throw error;
      const isRefusedAgain = isSecond && isRefusal(error);
      if (!isRefusedAgain && (texts.length === 1 || texts.length === batch.length)) {
        await askWitness(context, error, texts);
        if (isRefusal(error)) return ask(texts, true);
      }
      fault ??= error;
      throw blame(error, texts);
    }
  }

  return {
    ask: (texts) => ask(texts),
    middle: (texts) => (fault !== null && concernsLength(fault) ? middleByLength(texts) : Math.ceil(texts.length / 2)),
    async learn({ budget, embedder }, parts) {
      if (fault === null || parts.length < 2) return;
      if (!concernsLength(fault)) return budget.learn(embedder.model, { inputs: Math.max(...parts.map(({ length }) => length)) });
      let tokens = 1;
      for (const part of parts) tokens = Math.max(tokens, await tokensOf(embedder, part));
      await budget.learn(embedder.model, { tokens });
    },
  };
}

/** A slow server takes its time by the tokens, and so do those that say so. */
function concernsLength({ code, message }: ReembedError): boolean {
  return code === 'provider-timeout' || /token|context length|too (large|long|big)|payload|\b413\b/i.test(message);
}

/** How many of the texts, at least one and not all, hold half of their letters. */
function middleByLength(texts: readonly string[]): number {
  const half = texts.reduce((sum, { length }) => sum + length, 0) / 2;
  let letters = 0;
  const at =
    texts.findIndex(({ length }) => {
      letters += length;
      return letters >= half;
    }) + 1;
  return Math.min(Math.max(at, 1), texts.length - 1);
}

function isDoubtful(error: unknown): error is ReembedError {
  return isReembedError(error) && doubtful.includes(error.code);
}

/** What gets no answer is no refusal: it was tried again already, or would be waited for as long again. */
function isRefusal({ retry }: ReembedError): boolean {
  return retry === 'never';
}

function triesFor({ maxTries = 5 }: EmbedContext, texts: readonly string[]): number {
  return texts.length === 1 ? maxTries : Math.min(maxTries, triesOfMany);
}

async function tokensOf({ countTokens }: EmbedContext['embedder'], texts: readonly string[]): Promise<number> {
  let tokens = 0;
  for (const text of texts) tokens += await countTokens(text);
  return tokens;
}

function blame(error: ReembedError, texts: readonly string[]): ReembedError {
  const advice =
    texts.length === 1
      ? 'other texts pass, so it is this one: shorten or mend it, or leave the point out'
      : 'other texts pass, so one of these, their number or their length is at fault';
  return new ReembedError('provider-refused-input', `${error.message}; ${advice}`, { cause: error });
}

/** Throws what is wrong with the server or the account, if anything is. */
async function askWitness(context: EmbedContext, error: ReembedError, texts: readonly string[]): Promise<void> {
  // The witness itself is what failed.
  if (texts.length === 1 && texts[0] === witnessText && !isRefusal(error)) throw serversFault(error);
  try {
    await askWitnessTwice(context);
  } catch (witnessError) {
    context.signal.throwIfAborted();
    if (!isDoubtful(witnessError)) throw witnessError;
    if (witnessError.retry === 'later') await holdFleet(context, witnessError);
    throw serversFault(witnessError);
  }
}

/** What is away is away for everybody: one request at a time finds out when it is back, and status says what is waited for. */
async function holdFleet({ budget, embedder }: EmbedContext, { retryAfterMs = awayMs, message }: ReembedError): Promise<void> {
  await budget.coolDown(embedder.model, retryAfterMs, message);
}

/** What is refused or wrong for every text is no matter of texts, and does not pass by being paid for again. */
function serversFault(error: ReembedError): ReembedError {
  const code = stands[error.code];
  if (code === undefined) return error;
  const message = `${error.message}; reembed's own short text fares no better, so it is not the texts: check the account, the model, its dimensions and its entry in reembed.config.yaml, then resume`;
  return new ReembedError(code, message, { cause: error, retry: 'never' });
}

/** Under which code an error stops the migration that may be a text's in other places. */
const stands: Partial<Record<ErrorCode, ErrorCode>> = {
  'provider-refused-input': 'provider-refused',
  'provider-bad-reply': 'provider-bad-reply',
};

async function askWitnessTwice(context: EmbedContext): Promise<void> {
  try {
    await requestEmbeddings(context, [witnessText]);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isDoubtful(error) || !isRefusal(error)) throw error;
    await requestEmbeddings(context, [witnessText]);
  }
}

/**
 * One request within the fleet's budget. A batch that gets no answer in time while others are under way is asked again among fewer; alone, it is
 * too large.
 */
async function requestEmbeddings(context: EmbedContext, batch: readonly string[]): Promise<Embeddings> {
  const { embedder, budget, signal, dimensions, kind = 'document' } = context;
  const need = { inputs: batch.length, tokens: await tokensOf(embedder, batch) };
  let tooLarge = false;
  const seeSilence = async (error: unknown): Promise<never> => {
    if (isReembedError(error, 'provider-timeout')) tooLarge = !(await budget.crowded(embedder.model)) && batch.length > 1;
    throw error;
  };
  const ask = () => embedder.embed(batch, { kind, dimensions, signal }).catch(seeSilence);
  return askPatiently({ ...context, isEnough: () => tooLarge }, embedder.model, need, ask, ({ tokens }) => tokens);
}
