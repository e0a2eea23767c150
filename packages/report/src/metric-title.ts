import type { MetricName, SearchMode } from '@reembed/contracts';

const names = { 'ndcg@10': 'nDCG@10', 'recall@10': 'Recall@10', 'mrr@10': 'MRR@10' } as const satisfies Record<MetricName, string>;

/** `nDCG@10, exact`. */
export function metricTitle({ metric, mode }: { readonly metric: MetricName; readonly mode: SearchMode }): string {
  return `${names[metric]}, ${mode}`;
}
