import { createHash } from 'node:crypto';
import type { QualityGate, SearchProfile } from '@reembed/contracts';
import { type PointText, pointIdToJson } from '../domain/point.ts';
import type { PointIdMap, PointIdSet } from '../domain/point-id-set.ts';
import { documentOf } from '../gates/draw-points.ts';
import type { QueryText, Searches } from '../ports/searches.ts';
import { compareQueries } from '../quality/compare-queries.ts';
import type { SearchAnswer, SearchedQuery, SearchHit, SliceValues } from '../quality/searched-query.ts';
import { textOf } from '../recipes/render-text.ts';
import { textHash, textTemplates } from '../recipes/target-payload.ts';
import type { TrialDraw } from './draw-trial.ts';
import type { TrialQueries } from './trial-queries.ts';
import type { TrialSpec } from './trial-spec.ts';

/** So many hits that ten documents are left when copies, and points that one side does not have, are taken away. */
const hits = 200;

/** A query as both sides are asked it, by vector name of the trial. */
export type TrialQuery = Pick<SearchedQuery, 'id' | 'text' | 'slices'> & { readonly queries: Readonly<Record<string, QueryText>> };

type Asking = {
  readonly searches: Searches;
  readonly collection: string;
  readonly documents: ReadonlyMap<string, string>;
  readonly draw: TrialDraw;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
};

/** What one side answers to every query: exactly, and as applications ask. */
export type Answers = ReadonlyMap<string, { readonly exact: SearchAnswer; readonly indexed: SearchAnswer }>;

/** Asks the trial's collection every query, one after another, so that times are of searches that disturb one another not. */
export async function askTrial(asking: Asking, profile: SearchProfile, queries: readonly TrialQuery[]): Promise<Answers> {
  const { searches, collection, documents, draw, signal, onProgress } = asking;
  const answers = new Map<string, { exact: SearchAnswer; indexed: SearchAnswer }>();
  for (const [done, query] of queries.entries()) {
    onProgress(done);
    const ask = async (exact: boolean): Promise<SearchAnswer> => {
      // However many chosen ones stand before them, those that nobody chose have a list as deep.
      const limit = exact ? hits + draw.neighbours : profile.limit;
      const found = await searches.search(collection, { profile, queries: query.queries, limit, exact, fields: [], signal });
      const kept = found.hits.flatMap(({ id, score }) => hitOf(id, score, documents));
      const neutral = kept.filter(({ id }) => !draw.isChosen(id)).slice(0, hits);
      const both = new Set([...kept.slice(0, hits), ...neutral]);
      return { tookMs: found.tookMs, hits: kept.filter((hit) => both.has(hit)) };
    };
    answers.set(query.id, { indexed: await ask(false), exact: await ask(true) });
  }
  return answers;
}

/** A point that an earlier run left there and this one did not draw is no hit. */
function hitOf(id: SearchHit['id'], score: number, documents: Asking['documents']): SearchHit[] {
  const document = documents.get(pointIdToJson(id));
  return document === undefined ? [] : [{ id, document, score, text: '' }];
}

/** By id, what judgements call each sampled point. Documents with the very same texts are one: which of them a search shows first is chance. */
export function documentsOfSample({ spec }: TrialSpec, sample: readonly PointText[]): ReadonlyMap<string, string> {
  const templates = textTemplates(spec);
  // One that has none of the texts is like no other.
  const textsOf = (point: PointText) => {
    if (templates.length === 0) return createHash('sha256').update(point.payload).digest('hex');
    return templates.every((template) => textOf(template, point) === null) ? pointIdToJson(point.id) : textHash(templates, point);
  };
  const byDocument = Map.groupBy(sample, (point) => documentOf(point, spec.gates.documentField));
  const byTexts = new Map<string, string>();
  const named = new Map<string, string>();
  for (const [document, points] of byDocument) {
    const texts = points.map(textsOf).sort().join();
    if (!byTexts.has(texts)) byTexts.set(texts, document);
    for (const { id } of points) named.set(pointIdToJson(id), byTexts.get(texts) ?? document);
  }
  return named;
}

/** The judgements by the names that sampled documents have. */
export function judgementsOfSample({ qrels, relevant }: TrialQueries, documents: ReadonlyMap<string, string>, field: string | null) {
  const names = new Map(relevant.map((point) => [documentOf(point, field), documents.get(pointIdToJson(point.id))]));
  return qrels.map((qrel) => ({ ...qrel, document: names.get(qrel.document) ?? qrel.document }));
}

type Comparison = {
  readonly queries: readonly TrialQuery[];
  readonly old: Answers;
  readonly fresh: Answers;
  readonly qrels: Parameters<typeof compareQueries>[0]['qrels'];
  /** Points that one of the sides has no vector for, and so cannot mistake for a relevant one. */
  readonly unseen: PointIdSet;
  /** The fields of `gates.slices`, and what each sampled point has there. */
  readonly slices: readonly string[];
  readonly slicesOf: PointIdMap<{ readonly values: SliceValues }>;
};

/**
 * The comparison of the quality gate over everything sampled, and over what the old model has not chosen. What one side cannot find is taken
 * from the other's lists too, or a model that refuses most texts would look good; not the relevant, which it has to find.
 */
export function compareTrial(
  { queries, old, fresh, qrels, unseen, slices: fields, slicesOf }: Comparison,
  draw: TrialDraw,
): { whole: QualityGate; fair: QualityGate } {
  const competes = ({ id }: SearchHit) => draw.items.has(id) || !unseen.has(id);
  const gate = (keep: (hit: SearchHit) => boolean) => {
    const side = (answers: Answers, query: string, way: 'exact' | 'indexed'): SearchAnswer => {
      const answer = answers.get(query)?.[way] ?? { hits: [], tookMs: 0 };
      return {
        ...answer,
        hits: answer.hits
          .filter((hit) => competes(hit) && keep(hit))
          .map((hit) => ({ ...hit, slices: slicesOf.get(hit.id)?.values ?? {} })),
      };
    };
    const searched = queries.map(({ id, text, slices = {} }): SearchedQuery => {
      const both = (way: 'exact' | 'indexed') => ({ old: side(old, id, way), new: side(fresh, id, way) });
      return { id, text, slices, exact: both('exact'), indexed: both('indexed') };
    });
    const rest = { knownItems: [], systems: [], slices: fields, minNdcgDelta: 0, scoreKinds: { old: '', new: '' }, sameSpace: null };
    return compareQueries({ queries: searched, qrels, ...rest });
  };
  return { whole: gate(() => true), fair: gate(({ id }) => !draw.isChosen(id)) };
}
