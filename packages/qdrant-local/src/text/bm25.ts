import { failure } from '../api-error.ts';
import type { JsonObject, JsonValue } from '../json/json-value.ts';
import type { SparseVector } from '../vectors/vector-value.ts';
import { murmur3 } from './murmur3.ts';
import { createTokenizer } from './tokenizer.ts';

/**
 * The sparse vector that `qdrant/bm25` makes of a document: one index per distinct token, weighted by how often it comes and how long the document is.
 * `options` are k (1.2), b (0.75), avg_len (256) and those of the tokenizer; language english where none is named.
 */
export function bm25Document(text: string, options: JsonObject): SparseVector {
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
export function bm25Query(text: string, options: JsonObject): SparseVector {
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
