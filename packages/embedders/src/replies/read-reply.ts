import type { Embeddings, VectorShape } from '@reembed/core';
import { bad, checkEmbeddings, checkValues, type Reply } from './check-embeddings.ts';

type Read = Omit<Embeddings, 'tokens'>;

/** A reply by what its server makes. Throws `provider-bad-reply` for what cannot be right. */
export const readReply: Readonly<Record<VectorShape, (reply: Reply) => Read>> = {
  dense: checkEmbeddings,
  words: readWords,
  rows: readRows,
};

/** The largest index that a float32 holds exactly, as vectors travel: far past any vocabulary. */
const largestIndex = 2 ** 24;

/** `[{ index, value }, …]` a text, in any order; a text may have no word at all. */
function readWords({ model, rows, count }: Reply): Read {
  checkCount(model, rows, count);
  return joined(
    rows.map((row, at) => {
      if (!Array.isArray(row)) throw bad(model, `vector ${at} is no list of words`);
      const words = (row as { index?: unknown; value?: unknown }[]).map(({ index, value }) => wordOf(model, at, index, value));
      const sorted = words.toSorted(([a], [b]) => a - b);
      if (sorted.some(([index], place) => index === sorted[place - 1]?.[0])) throw bad(model, `vector ${at} has a word twice`);
      return Float32Array.from(sorted.flat());
    }),
    0,
  );
}

function wordOf(model: string, at: number, index: unknown, value: unknown): [index: number, value: number] {
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index > largestIndex)
    throw bad(model, `vector ${at} has a word with the index ${JSON.stringify(index)}`);
  const weight = typeof value === 'number' ? Math.fround(value) : Number.NaN;
  if (!Number.isFinite(weight)) throw bad(model, `vector ${at} has no finite number as the weight of word ${index}`);
  return [index, weight];
}

/** Lists of numbers, one for each token of a text. */
function readRows({ model, rows, count, dimensions }: Reply): Read {
  checkCount(model, rows, count);
  let size = dimensions ?? 0;
  const vectors = rows.map((tokens, at) => {
    if (!Array.isArray(tokens) || tokens.length === 0) throw bad(model, `vector ${at} has no rows`);
    const checked = tokens.map((row: unknown) => {
      if (!Array.isArray(row)) throw bad(model, `vector ${at} is one of numbers, not rows of them: does its server pool?`);
      size ||= row.length;
      if (row.length !== size) throw bad(model, `vector ${at} has rows of ${row.length} dimensions, not ${size}`);
      return checkValues(model, row, at);
    });
    return Float32Array.from(checked.flatMap((row) => [...row]));
  });
  return joined(vectors, size);
}

function checkCount(model: string, rows: Reply['rows'], count: number): void {
  if (rows.length !== count) throw bad(model, `${rows.length} vectors for ${count} texts`);
}

function joined(vectors: readonly Float32Array[], dimensions: number): Read {
  const lengths = vectors.map(({ length }) => length);
  const all = new Float32Array(lengths.reduce((sum, length) => sum + length, 0));
  vectors.reduce((at, vector) => {
    all.set(vector, at);
    return at + vector.length;
  }, 0);
  return { vectors: all, dimensions, lengths };
}
