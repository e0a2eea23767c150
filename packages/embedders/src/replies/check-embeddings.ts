import { ReembedError } from '@reembed/core';
import type { ModelProfile } from '../records/model-profile.ts';

/** One vector as a provider wrote it: numbers, base64 of little-endian float32, or something it should not be. */
export type RawVector = unknown;

export type Reply = {
  readonly model: string;
  /** One raw vector a text, in the order of the texts. */
  readonly rows: readonly RawVector[];
  readonly count: number;
  /** The size asked for, or the model's own; null: any, but the same in every row. */
  readonly dimensions: number | null;
};

/**
 * The reply as one Float32Array (n × dimensions, row-major), or `provider-bad-reply` for a wrong count, a wrong length, a value that is
 * no finite number, or a vector of zeros: each of them has come from real servers with status 200.
 */
export function checkEmbeddings({ model, rows, count, dimensions }: Reply): { vectors: Float32Array; dimensions: number } {
  if (rows.length !== count) throw bad(model, `${rows.length} vectors for ${count} texts`);
  const decoded = rows.map((row, index) => decode(model, row, index));
  const size = dimensions ?? decoded[0]?.length ?? 0;
  const vectors = new Float32Array(count * size);
  decoded.forEach((row, index) => {
    if (row.length !== size) throw bad(model, `vector ${index} has ${row.length} dimensions, not ${size}; ${sizeAdvice(dimensions)}`);
    vectors.set(checkValues(model, row, index), index * size);
  });
  return { vectors, dimensions: size };
}

/** Rows in the order of the texts, by the `index` each carries; a server that sends none is taken by position. */
export function orderByIndex<T extends { readonly index?: unknown }>(model: string, rows: readonly T[]): T[] {
  if (rows.every((row) => row.index === undefined || row.index === null)) return [...rows];
  const ordered: (T | undefined)[] = new Array(rows.length).fill(undefined);
  for (const row of rows) {
    const { index } = row;
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= rows.length || ordered[index] !== undefined) {
      throw bad(model, `index ${JSON.stringify(index)} among ${rows.length} vectors is out of place or there twice`);
    }
    ordered[index] = row;
  }
  return ordered.filter((row) => row !== undefined);
}

/** Throws `provider-refused` where the model is known not to give that many dimensions. */
export function checkDimensionsAsked(profile: ModelProfile, asked: number | undefined): void {
  if (asked === undefined || profile.dimensions === null || asked === profile.dimensions) return;
  const { dimensionChoices: choices, leastDimensions: least, dimensions, model } = profile;
  if (choices === 'any' ? asked >= least && asked < dimensions : choices.includes(asked)) return;
  const others = choices === 'any' ? `any number from ${least} on below it` : [...choices].join(', ') || 'no other';
  throw new ReembedError('provider-refused', `${model} cannot give ${asked} dimensions; it gives ${dimensions} or ${others}`);
}

/** What every provider refuses, said before a request is made for it. */
export function checkInputs(profile: ModelProfile, texts: readonly string[]): void {
  if (texts.length === 0) throw new RangeError(`${profile.model}: embed was called without texts`);
  if (texts.length > profile.limits.maxInputs) {
    throw new ReembedError(
      'provider-refused-input',
      `${profile.model} takes ${profile.limits.maxInputs} texts a request, not ${texts.length}; send fewer`,
    );
  }
}

/** What a model with its own tokenizer here refuses: a text without a token, and one longer than it reads. */
export function checkTokens(
  { model, limits: { maxInputTokens } }: Pick<ModelProfile, 'model' | 'limits'>,
  tokens: number,
  index: number,
): void {
  if (tokens === 0) throw new ReembedError('provider-refused-input', `${model} refuses text ${index}: it is empty; leave such points out`);
  if (maxInputTokens !== null && tokens > maxInputTokens) {
    throw new ReembedError(
      'provider-refused-input',
      `${model} refuses text ${index}: it has ${tokens} tokens and the model reads ${maxInputTokens}; shorten it`,
    );
  }
}

function decode(model: string, row: RawVector, index: number): ArrayLike<unknown> {
  // A server may ignore encoding_format, so what came decides, not what was asked for (openai-node #1542: floats read as base64 are zeros).
  if (typeof row === 'string') return decodeBase64(model, row, index);
  if (Array.isArray(row) || row instanceof Float32Array) return row;
  throw bad(model, `vector ${index} is ${row === null ? 'null' : typeof row}, neither numbers nor base64`);
}

function decodeBase64(model: string, text: string, index: number): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0)
    throw bad(model, `vector ${index} is base64 of ${bytes.length} bytes, no whole float32s`);
  return Float32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}

/** As float32. */
export function checkValues(model: string, row: ArrayLike<unknown>, index: number): Float32Array {
  const values = new Float32Array(row.length);
  for (let at = 0; at < row.length; at += 1) {
    const value = row[at];
    // As float32, for that is what is stored: 1e60 becomes infinite and 1e-60 zero.
    const stored = typeof value === 'number' ? Math.fround(value) : Number.NaN;
    if (!Number.isFinite(stored)) throw bad(model, `vector ${index} has no finite number at ${at}`);
    values[at] = stored;
  }
  if (values.every((value) => value === 0)) throw bad(model, `vector ${index} is all zeros`);
  return values;
}

function sizeAdvice(dimensions: number | null): string {
  return dimensions === null
    ? 'all must be alike'
    : 'is it the model you mean, and does its server obey `dimensions` and `encoding_format`?';
}

export function bad(model: string, what: string): ReembedError {
  return new ReembedError('provider-bad-reply', `${model} answered with vectors that cannot be right: ${what}`);
}
