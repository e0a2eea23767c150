import type { ComparedQuery, ShownHit } from '@reembed/contracts';
import type { JudgedQuery } from './judged-queries.ts';
import { ndcgOf } from './judged-queries.ts';
import { overlapAt, rankBiasedOverlap } from './list-similarity.ts';
import type { Judgements } from './ranking-metrics.ts';
import { documentsOf, gateDepth, type SearchAnswer, type SearchedQuery } from './searched-query.ts';

const shownQueries = 10;

/** Both exact result lists of a query, as the report shows them. */
export function comparedQuery(query: SearchedQuery, judged: JudgedQuery | undefined): ComparedQuery {
  const { old, new: fresh } = query.exact;
  const judgements = judged?.judgements ?? new Map();
  return {
    id: query.id,
    text: query.text,
    ndcg: judged === undefined ? null : ndcgOf(judged),
    overlap: overlapAt(gateDepth, documentsOf(old), documentsOf(fresh)),
    rbo: rankBiasedOverlap(gateDepth, documentsOf(old), documentsOf(fresh)),
    old: shownHits(old, judgements),
    new: shownHits(fresh, judgements),
  };
}

function shownHits({ hits }: SearchAnswer, judgements: Judgements): ShownHit[] {
  return hits
    .filter((hit, index) => hits.findIndex(({ document }) => document === hit.document) === index)
    .slice(0, gateDepth)
    .map(({ id, document, score, text }) => ({ id, score, text, relevance: judgements.get(document) ?? null }));
}

/** The queries that lost and won most nDCG@10; where none is judged, those whose results changed most count as losers. */
export function mostChanged(compared: readonly ComparedQuery[]): { lost: ComparedQuery[]; won: ComparedQuery[] } {
  const judged = compared.filter(({ ndcg }) => ndcg !== null);
  if (judged.length === 0) return { lost: first(compared, ({ rbo }) => rbo - 1), won: [] };
  return { lost: first(judged, gainOf), won: first(judged, (query) => -gainOf(query)) };
}

/** New - old nDCG@10; 0 without judgements. */
export function gainOf({ ndcg }: ComparedQuery): number {
  return ndcg === null ? 0 : ndcg.new - ndcg.old;
}

/** Those below zero, the lowest first. */
function first(queries: readonly ComparedQuery[], order: (query: ComparedQuery) => number): ComparedQuery[] {
  return queries
    .filter((query) => order(query) < 0)
    .sort((a, b) => order(a) - order(b))
    .slice(0, shownQueries);
}
