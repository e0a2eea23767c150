import type { SearchProfile } from '@reembed/contracts';
import { gateDepth, type QueryText, type SearchAnswer } from '@reembed/core';
import { createBm25 } from '@reembed/embedders';
import { createQdrantSearches } from '@reembed/qdrant';
import { fetch } from 'undici';
import type { Bench } from '../harness.ts';
import type { DataSet } from './data-set.ts';
import { type EmbeddedSet, eachRow } from './embed-set.ts';

/** By the name of a model, what it embedded. */
export type EmbeddedByModel = Readonly<Record<string, EmbeddedSet>>;

const words = 'bm25';
/** Qdrant takes no `/` in the name of a vector. */
const vectorName = (model: string) => model.replaceAll('/', '-');
const batch = 200;
/** Sets that are not English. */
const languages: Readonly<Record<string, string>> = { 'xquad-de': 'german' };

/** What Qdrant finds by BM25 alone, over whole texts, and by each model fused with it (RRF as the server does it, 50 candidates each); by the system's name. */
export async function rankInQdrant(bench: Bench, set: DataSet, models: EmbeddedByModel): Promise<Map<string, SearchAnswer[]>> {
  const encoder = encoderFor(set);
  const collection = bench.collectionName('quality');
  await bench.collections.create(collection, {
    vectors: Object.fromEntries(
      Object.entries(models).map(([name, { corpus }]) => [vectorName(name), { size: corpus.dimensions, distance: 'Cosine' }]),
    ),
    sparse_vectors: { [words]: { modifier: 'idf' } },
  });
  const rows = Object.entries(models).map(([name, { corpus }]) => [vectorName(name), eachRow(corpus)] as const);
  const points = set.corpus.map(({ whole }, id) => {
    const dense = rows.map(([name, all]) => [name, [...(all[id] ?? [])]]);
    return { id, vector: { ...Object.fromEntries(dense), [words]: sparse(encoder.document(whole)) } };
  });
  for (let start = 0; start < points.length; start += batch) await upsert(bench, collection, points.slice(start, start + batch));
  const searches = createQdrantSearches({ url: bench.qdrantUrl, requestTimeoutMs: 60_000, connections: 1 });
  const queryRows = Object.entries(models).map(([name, { queries }]) => [vectorName(name), eachRow(queries)] as const);
  const ask = async (profile: SearchProfile, at: number): Promise<SearchAnswer> => {
    const dense = queryRows.map(([name, all]): [string, QueryText] => [name, JSON.stringify([...(all[at] ?? [])])]);
    const query = JSON.stringify(sparse(encoder.query(set.queries[at]?.text ?? '')));
    const queries = { ...Object.fromEntries(dense), [words]: query };
    const { hits, tookMs } = await searches.search(collection, { profile, queries, exact: true, fields: [] });
    return { hits: hits.map(({ id, score }) => ({ id, score, document: set.corpus[Number(id.id)]?.id ?? '', text: '' })), tookMs };
  };
  const ranked = new Map<string, SearchAnswer[]>();
  for (const [name, profile] of Object.entries(profilesFor(Object.keys(models)))) {
    const answers: SearchAnswer[] = [];
    for (const at of set.queries.keys()) answers.push(await ask(profile, at));
    ranked.set(name, answers);
  }
  return ranked;
}

/** With the mean length of the set's own texts, as `avgLen: measured` takes it. */
function encoderFor({ name, corpus }: DataSet) {
  const options = { language: languages[name] ?? 'english', stemmer: true, stopWords: null, k: 1.2, b: 0.75 };
  const counter = createBm25().encoder({ ...options, avgLen: 1 });
  const total = corpus.reduce((sum, { whole }) => sum + counter.countTokens(whole), 0);
  return createBm25().encoder({ ...options, avgLen: total / corpus.length });
}

function sparse({ indices, values }: { readonly indices: readonly number[]; readonly values: Float32Array }) {
  return { indices, values: [...values] };
}

function profilesFor(models: readonly string[]): Record<string, SearchProfile> {
  const plain = { prefetch: [], fusion: null, limit: gateDepth, filter: null };
  const candidates = (using: string) => ({ using, limit: 50, filter: null });
  const fused = models.map((name): [string, SearchProfile] => [
    `${name} + ${words}, rrf`,
    { ...plain, using: '', prefetch: [candidates(vectorName(name)), candidates(words)], fusion: 'rrf' },
  ]);
  return { [words]: { ...plain, using: words }, ...Object.fromEntries(fused) };
}

async function upsert({ qdrantUrl }: Bench, collection: string, points: readonly object[]): Promise<void> {
  const answer = await fetch(`${qdrantUrl}/collections/${collection}/points?wait=true`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ points }),
  });
  if (!answer.ok) throw new Error(`Qdrant refuses the points: ${await answer.text()}`);
}
