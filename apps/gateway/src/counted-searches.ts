import type { SearchWatch } from '@reembed/client';
import { emptyTally } from '@reembed/contracts';
import type { Metrics } from '@reembed/process/metrics';
import type { SharedBudget } from './shared-budget.ts';

/** Counts what is found out about both sides of a migration. */
export function countSearches(metrics: Metrics, tally: SharedBudget['tally']): Omit<SearchWatch, 'text'> {
  return {
    shadowed({ migration, agreedAt1, agreedAt10, isEmpty, tookMs }) {
      const sides = { old: sideOf(isEmpty.old, tookMs.old), new: sideOf(isEmpty.new, tookMs.new) };
      tally(migration, { ...emptyTally(), shadow: { ...sides, agreedAt1, agreedAt10 } });
      metrics.add('reembed_shadow_searches_total', { outcome: 'compared' });
      metrics.add('reembed_shadow_agreed_total', { at: '1' }, agreedAt1);
      metrics.add('reembed_shadow_agreed_total', { at: '10' }, agreedAt10);
      for (const side of ['old', 'new'] as const) {
        metrics.observe('reembed_side_search_seconds', { side, why: 'shadow' }, tookMs[side] / 1_000);
        if (isEmpty[side]) metrics.add('reembed_side_empty_total', { side, why: 'shadow' });
      }
    },
    notShadowed: (why) => metrics.add('reembed_shadow_searches_total', { outcome: why }),
    split({ migration, side, isEmpty, tookMs }) {
      const found = emptyTally();
      tally(migration, { ...found, split: { ...found.split, [side]: sideOf(isEmpty === true, tookMs) } });
      metrics.observe('reembed_side_search_seconds', { side, why: 'split' }, tookMs / 1_000);
      if (isEmpty === true) metrics.add('reembed_side_empty_total', { side, why: 'split' });
    },
  };
}

function sideOf(isEmpty: boolean, tookMs: number) {
  return { searches: 1, empty: isEmpty ? 1 : 0, tookMs };
}
