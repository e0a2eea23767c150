import type { SearchWatch } from '@reembed/client';
import type { Metrics } from '@reembed/process/metrics';

/** Counts what is found out about both sides of a migration. */
export function countSearches(metrics: Metrics): Omit<SearchWatch, 'text'> {
  return {
    shadowed({ agreedAt1, agreedAt10, isEmpty, tookMs }) {
      metrics.add('reembed_shadow_searches_total', { outcome: 'compared' });
      metrics.add('reembed_shadow_agreed_total', { at: '1' }, agreedAt1);
      metrics.add('reembed_shadow_agreed_total', { at: '10' }, agreedAt10);
      for (const side of ['old', 'new'] as const) {
        metrics.observe('reembed_side_search_seconds', { side, why: 'shadow' }, tookMs[side] / 1_000);
        if (isEmpty[side]) metrics.add('reembed_side_empty_total', { side, why: 'shadow' });
      }
    },
    notShadowed: (why) => metrics.add('reembed_shadow_searches_total', { outcome: why }),
    split({ side, isEmpty, tookMs }) {
      metrics.observe('reembed_side_search_seconds', { side, why: 'split' }, tookMs / 1_000);
      if (isEmpty === true) metrics.add('reembed_side_empty_total', { side, why: 'split' });
    },
  };
}
