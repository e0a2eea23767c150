import type { QualityGate } from '@reembed/contracts';
import type { PointText } from '../domain/point.ts';
import type { KnownItem } from '../ports/fleet.ts';
import { textOf } from '../recipes/render-text.ts';
import { type Judgements, recallAt, reciprocalRankAt } from './ranking-metrics.ts';
import { bothSides, documentsOf, gateDepth, type SearchedQuery } from './searched-query.ts';
import { createSeededRandom, mean } from './statistics.ts';

const seed = 1_979;

/** A point to make a query of, with the document it counts as. */
export type SampledPoint = Pick<PointText, 'payload' | 'elsewhere'> & { readonly document: string };

/**
 * Queries made of points: up to `points` of the sample, always the same ones, each rendered by the template. Left out are points without text
 * for it, and texts that more than one document of the sample has, since nobody could say which is meant.
 */
export function chooseKnownItems(sample: readonly SampledPoint[], template: string, points: number): KnownItem[] {
  const random = createSeededRandom(seed);
  const byText = new Map<string, Set<string>>();
  for (const point of sample) {
    const text = textOf(template, point);
    if (text !== null) byText.set(text, (byText.get(text) ?? new Set()).add(point.document));
  }
  return [...byText]
    .flatMap(([text, [document = '', ...others]]) => (others.length === 0 ? [{ text, document, order: random() }] : []))
    .sort((a, b) => a.order - b.order)
    .slice(0, points)
    .map(({ text, document }) => ({ text, document }));
}

/** The id of the query that is made of the known item at that place. */
export function knownItemId(at: number): string {
  return `known-item-${at + 1}`;
}

/** A known item with what both collections found for it. */
export type SearchedKnownItem = SearchedQuery & { readonly document: string };

/** How high each known item finds its own document, exactly: MRR@10 and recall@10, old and new. Null without known items. */
export function scoreKnownItems(items: readonly SearchedKnownItem[]): QualityGate['knownItems'] {
  if (items.length === 0) return null;
  const means = (metric: (k: number, ranked: readonly string[], judgements: Judgements) => number) =>
    bothSides((side) => mean(items.map((item) => metric(gateDepth, documentsOf(item.exact[side]), new Map([[item.document, 1]])))));
  return { queries: items.length, mrr: means(reciprocalRankAt), recall: means(recallAt) };
}
