import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Embedder, EmbedKind } from '@reembed/core';
import type { DataSet } from './data-set.ts';

const batch = 32;
const cache = join(tmpdir(), 'reembed-bench-vectors');

/** Rows of `dimensions` floats, one after another. */
export type Vectors = { readonly rows: Float32Array; readonly dimensions: number };
export type EmbeddedSet = { readonly corpus: Vectors; readonly queries: Vectors };

export function eachRow({ rows, dimensions }: Vectors): Float32Array[] {
  return Array.from({ length: rows.length / dimensions }, (_, at) => rows.subarray(at * dimensions, (at + 1) * dimensions));
}

export async function embedSet(embedder: Embedder, set: DataSet): Promise<EmbeddedSet> {
  const texts = (of: readonly { readonly text: string }[]) => of.map(({ text }) => text);
  return {
    corpus: await embedCached(embedder, texts(set.corpus), 'document'),
    queries: await embedCached(embedder, texts(set.queries), 'query'),
  };
}

/** Small models on a processor take minutes: vectors are kept in the system's temporary folder, by model and texts. */
async function embedCached(embedder: Embedder, texts: readonly string[], kind: EmbedKind): Promise<Vectors> {
  const key = createHash('sha256')
    .update(JSON.stringify([embedder.model, kind, texts]))
    .digest('hex');
  const file = join(cache, `${key}.f32`);
  const kept = await readFile(file).catch(() => null);
  if (kept !== null) {
    const rows = new Float32Array(new Uint8Array(kept).buffer);
    return { rows, dimensions: rows.length / texts.length };
  }
  const vectors = await embedAll(embedder, texts, kind);
  await mkdir(cache, { recursive: true });
  await writeFile(file, new Uint8Array(vectors.rows.buffer));
  return vectors;
}

async function embedAll(embedder: Embedder, texts: readonly string[], kind: EmbedKind): Promise<Vectors> {
  const parts: Float32Array[] = [];
  for (let start = 0; start < texts.length; start += batch) {
    const fitting: string[] = [];
    for (const text of texts.slice(start, start + batch))
      fitting.push(await embedder.truncate(text, embedder.limits.maxInputTokens ?? Number.POSITIVE_INFINITY));
    parts.push((await embedder.embed(fitting, { kind })).vectors);
  }
  const rows = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  parts.reduce((offset, part) => {
    rows.set(part, offset);
    return offset + part.length;
  }, 0);
  return { rows, dimensions: rows.length / texts.length };
}
