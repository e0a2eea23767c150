import type { AdapterHeader, LabelledQuery, PointId, Qrel, VectorOrigin } from '@reembed/contracts';
import {
  type EmbedContext,
  embedWhole,
  fieldText,
  judgementsByQuery,
  type Points,
  type PointText,
  ReembedError,
  renderText,
} from '@reembed/core';
import { saveAdapter } from './adapter-files.ts';
import { pagesOf, type Sample } from './choose-sample.ts';
import { beginFit, type Fitted, type MapFit } from './fit-maps.ts';
import type { JudgedQueries } from './held-out-scores.ts';
import { openLinearAlgebra } from './linear-algebra.ts';

export type FitRequest = {
  /** The collection's own name. */
  readonly collection: string;
  /** The source vector, its size, and what made it where known. */
  readonly vector: string;
  readonly from: { readonly dimensions: number; readonly origin: VectorOrigin | null };
  /** Template of the text the new model embeds. */
  readonly text: string;
  readonly sample: Sample;
  readonly seed: string;
  readonly stratify: string | null;
  readonly judged: { readonly queries: readonly LabelledQuery[]; readonly qrels: readonly Qrel[]; readonly documentField: string | null };
  readonly out: string;
  readonly createdAt: string;
};

export type FitDeps = {
  readonly points: Points;
  /** Of the new model. */
  readonly embedding: EmbedContext;
  /** Told after each page how many points of the sample are behind. */
  readonly onProgress?: (done: number) => void;
};

export type FitResult = {
  readonly header: AdapterHeader;
  /** Points of the sample that were left out: without text, without the vector, or refused by the model. */
  readonly skipped: number;
  readonly tokens: number;
};

/** Held-out pairs: a fifth of the sample, and no more than are needed for a score that stands still. */
const mostHeldOut = 2_000;
const fewestHeldOut = 20;

/**
 * Embeds the sample with the new model, fits the maps, judges them on the held-out pairs, and writes the best. Throws `invalid-request`
 * where too few points of the sample have both text and vector, and what embedTexts throws.
 */
export async function fitAdapter(deps: FitDeps, request: FitRequest): Promise<FitResult> {
  const heldOut = Math.min(mostHeldOut, Math.floor(request.sample.ids.length / 5));
  const algebra = await openLinearAlgebra();
  const documents: string[] = [];
  let fit: MapFit | undefined;
  let to = 0;
  let tokens = 0;
  let pairs = 0;
  let done = 0;
  for (const ids of pagesOf(request.sample)) {
    const page = await pairUp(deps, request, ids);
    tokens += page.tokens;
    to ||= page.pairs[0]?.to.length ?? 0;
    if (to > 0) fit ??= beginFit(algebra, { from: request.from.dimensions, to }, heldOut);
    fit?.add({ from: joined(page.pairs.map((pair) => pair.from)), to: joined(page.pairs.map((pair) => pair.to)) });
    documents.push(...page.pairs.slice(0, heldOut - documents.length).map(({ point }) => documentOf(point, request)));
    pairs += page.pairs.length;
    done += ids.length;
    deps.onProgress?.(done);
  }
  if (fit === undefined || heldOut < fewestHeldOut || pairs < 2 * heldOut) throw tooFew(request, pairs);
  const fitted = fit.finish(await judgedQueries(deps, request, documents));
  const header = await save(request, deps, fitted, to);
  return { header, skipped: request.sample.ids.length - pairs, tokens };
}

type Pair = { readonly point: PointText; readonly from: Float32Array; readonly to: Float32Array };

async function pairUp({ points, embedding }: FitDeps, request: FitRequest, ids: readonly PointId[]) {
  const { collection, vector, text } = request;
  const found = await points.retrieve(collection, { ids, payload: true, vectors: [vector], signal: embedding.signal });
  // The order of the sample is random, and the server answers in its own.
  const byId = new Map(found.map((point) => [point.id.id, point]));
  const usable = ids.flatMap(({ id }) => {
    const point = byId.get(id);
    const rendered = point === undefined ? null : renderText(text, point.payload);
    const from = point === undefined ? null : readVector(point.vectors[vector], request.from.dimensions);
    return point === undefined || rendered === null || from === null ? [] : [{ point, rendered, from }];
  });
  const embedded = await embedWhole(
    embedding,
    { model: embedding.embedder.model, onLongText: 'truncate' },
    usable.map(({ rendered }) => rendered),
  );
  const pairs = usable.flatMap(({ point, from }, at): Pair[] => {
    const to = embedded.outcomes[at];
    return to === undefined || to instanceof ReembedError ? [] : [{ point, from, to }];
  });
  return { pairs, tokens: embedded.tokens };
}

/** Null where the point lacks the vector, or it is none that could be mapped. */
function readVector(text: string | undefined, dimensions: number): Float32Array | null {
  if (text === undefined) return null;
  const vector = Float32Array.from(JSON.parse(text) as number[]);
  return vector.length === dimensions && vector.every(Number.isFinite) ? vector : null;
}

/** The judged queries, where a document relevant to them is held out. */
async function judgedQueries(
  { embedding }: FitDeps,
  { judged }: FitRequest,
  documents: readonly string[],
): Promise<JudgedQueries | undefined> {
  const byQuery = judgementsByQuery(judged.qrels);
  const places = Map.groupBy(documents.keys(), (place) => documents[place] ?? '');
  const asked = judged.queries.flatMap(({ id, text }) => {
    const judgements = [...(byQuery.get(id) ?? [])].flatMap(([document, relevance]) =>
      (places.get(document) ?? []).map((place) => [String(place), relevance] as const),
    );
    return judgements.some(([, relevance]) => relevance > 0) ? [{ text, judgements: new Map(judgements) }] : [];
  });
  if (asked.length === 0) return undefined;
  const { outcomes } = await embedWhole(
    { ...embedding, kind: 'query' },
    { model: embedding.embedder.model, onLongText: 'truncate' },
    asked.map(({ text }) => text),
  );
  const answered = asked.flatMap(({ judgements }, at) => {
    const vector = outcomes[at];
    return vector instanceof Float32Array ? [{ vector, judgements }] : [];
  });
  return { vectors: joined(answered.map(({ vector }) => vector)), judgements: answered.map(({ judgements }) => judgements) };
}

function save(request: FitRequest, { embedding }: FitDeps, fitted: Fitted, to: number): Promise<AdapterHeader> {
  const { origin, dimensions } = request.from;
  const { kept, pairs, heldOut, ridge, procrustes, kernel, trueNdcgAt10, oldOverlapAt10, oldOfQuarter } = fitted;
  const best = kept === 'kernel' ? kernel : fitted[kept];
  if (best === null) throw new Error(`the fit that was kept, ${kept}, was not made`);
  return saveAdapter(
    request.out,
    {
      kind: kept,
      from: { model: origin?.model ?? null, dimensions, text: origin?.text ?? null },
      to: { model: embedding.embedder.model, dimensions: to, text: request.text },
      source: { collection: request.collection, vector: request.vector },
      fit: {
        pairs,
        heldOut,
        seed: request.seed,
        stratify: request.stratify,
        strata: request.sample.strata,
        lambda: ridge.lambda,
        scores: { ridge: ridge.scores, procrustes: procrustes.scores, ...(kernel === null ? {} : { kernel: kernel.scores }) },
        trueNdcgAt10,
        oldOverlapAt10,
        ...(best.ofQuarter !== null &&
          oldOfQuarter !== null && { ofQuarter: { overlapAt10: best.ofQuarter, oldOverlapAt10: oldOfQuarter } }),
      },
      createdAt: request.createdAt,
    },
    best.map,
  );
}

function documentOf(point: PointText, { judged }: FitRequest): string {
  return judged.documentField === null ? point.id.id : fieldText(point.payload, judged.documentField);
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const size = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * size);
  for (const [at, row] of rows.entries()) all.set(row, at * size);
  return all;
}

function tooFew({ collection, vector, sample }: FitRequest, pairs: number): ReembedError {
  return new ReembedError(
    'invalid-request',
    `${pairs} of ${sample.ids.length} sampled points of "${collection}" have both text and the vector "${vector}", and a map wants at least ` +
      `${fewestHeldOut * 5} (better five to ten times the dimensions): take a larger --sample, or another --text`,
  );
}
