/** Embeddings of queries by what they hang on. One that is under way is waited for by all who want it; one that failed is not kept. */
export type KeptEmbeddings = {
  /** Whatever of `keys` is not there is made by one call of `make`, in their order. */
  all(keys: readonly string[], make: (missing: readonly number[]) => Promise<readonly Float32Array[]>): Promise<Float32Array[]>;
};

/** `most`: embeddings that are kept; the one that was wanted longest ago goes first. */
export function createKeptEmbeddings(most: number): KeptEmbeddings {
  const kept = new Map<string, Promise<Float32Array>>();
  const keep = (key: string, made: Promise<Float32Array>) => {
    kept.delete(key);
    kept.set(key, made);
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
  };
  const forget = (key: string, made: Promise<Float32Array>) => {
    if (kept.get(key) === made) kept.delete(key);
  };
  return {
    async all(keys, make) {
      const missing = keys.flatMap((key, at) => (kept.has(key) || keys.indexOf(key) < at ? [] : [at]));
      const wanted = new Map(keys.map((key) => [key, kept.get(key)]));
      const making = missing.length === 0 ? null : make(missing);
      for (const [row, at] of missing.entries()) {
        const key = keys[at] ?? '';
        const made = Promise.resolve(making).then((vectors) => vectorAt(vectors, row));
        made.catch(() => forget(key, made));
        wanted.set(key, made);
      }
      for (const [key, made] of wanted) if (made !== undefined) keep(key, made);
      return Promise.all(keys.map((key) => wanted.get(key) ?? Promise.reject(new Error('an embedding was not asked for'))));
    },
  };
}

function vectorAt(vectors: readonly Float32Array[] | null, row: number): Float32Array {
  const vector = vectors?.[row];
  if (vector === undefined) throw new Error('a text has no embedding');
  return vector;
}
