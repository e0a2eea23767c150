import { failure } from '../api/api-error.ts';
import type { Features } from '../api/versions.ts';
import type { JsonObject, JsonValue } from '../json/json-value.ts';
import type { InferenceDocument, SparseVector } from '../vectors/vector-input.ts';
import { createTokenizer } from './tokenizer.ts';

/**
 * The vector that a document's model makes of it. BM25 weighs the words of a text that is stored and only marks those of a query.
 * Throws 500, as a server without an inference service does, for any model but `qdrant/bm25`.
 */
export function embedDocument({ model, text, options }: InferenceDocument, role: 'stored' | 'query', features: Features): SparseVector {
  if (!features.bm25 || !/^(qdrant\/)?bm25$/i.test(model)) throw failure.noInference();
  if (text === undefined) throw failure.wrongInput(`Only text input is supported for ${model}.`);
  return role === 'stored' ? documentVector(text, options) : queryVector(text, options);
}

/**
 * The sparse vector that `qdrant/bm25` makes of a document: one index per distinct token, weighted by how often it comes and how long the document is.
 * `options` are k (1.2), b (0.75), avg_len (256) and those of the tokenizer; language english where none is named.
 */
function documentVector(text: string, options: JsonObject): SparseVector {
  const k = readNumber(options, 'k', 1.2);
  const b = readNumber(options, 'b', 0.75);
  const averageLength = readNumber(options, 'avg_len', 256);
  if (!(k >= 0)) throw failure.wrongInput(`BM25 k1 must be finite and >= 0, got ${k}`);
  if (!(b >= 0 && b <= 1)) throw failure.wrongInput(`BM25 b must be finite and in [0.0, 1.0], got ${b}`);
  if (!(averageLength > 0)) throw failure.wrongInput(`BM25 avg_doc_len must be finite and > 0, got ${averageLength}`);
  const tokens = tokenizerOf(options).document(text);
  const counts = new Map<string, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  const saturation = k * (1 - b + (b * tokens.length) / averageLength);
  return sparse(new Map([...counts].map(([token, count]) => [tokenId(token), (count * (k + 1)) / (saturation + count)])));
}

/** The vector of a query: every distinct token with weight 1. */
function queryVector(text: string, options: JsonObject): SparseVector {
  return sparse(
    new Map(
      tokenizerOf(options)
        .query(text)
        .map((token) => [tokenId(token), 1]),
    ),
  );
}

function tokenizerOf(options: JsonObject) {
  const language = options.get('language') ?? 'english';
  return createTokenizer(options, typeof language === 'string' ? language : undefined);
}

function tokenId(token: string): number {
  return Math.abs(murmur3(token) | 0);
}

function sparse(weights: Map<number, number>): SparseVector {
  const sorted = [...weights].sort(([a], [b]) => a - b);
  return { kind: 'sparse', indices: Uint32Array.from(sorted, ([index]) => index), values: Float32Array.from(sorted, ([, value]) => value) };
}

function readNumber(options: JsonObject, name: string, fallback: number): number {
  const value: JsonValue = options.get(name) ?? null;
  if (value === null) return fallback;
  if (typeof value !== 'number' && typeof value !== 'bigint') throw failure.wrongInput(`Invalid BM25 config: ${name} is no number`);
  return Number(value);
}

/** MurmurHash3, 32 bits, seed 0, of a text's UTF-8 bytes. https://github.com/aappleby/smhasher/wiki/MurmurHash3 */
function murmur3(text: string): number {
  const bytes = Buffer.from(text);
  const whole = bytes.length & ~3;
  let hash = 0;
  for (let i = 0; i < whole; i += 4) {
    hash ^= scrambled(bytes.readUInt32LE(i));
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  let last = 0;
  for (let i = bytes.length - 1; i >= whole; i--) last = (last << 8) | (bytes[i] ?? 0);
  hash ^= scrambled(last) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scrambled(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}
