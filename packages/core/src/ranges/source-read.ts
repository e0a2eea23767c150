import { sourceFilter } from '../domain/source-filter.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import type { RangeContext } from './range-context.ts';
import type { ReadRange } from './read-range.ts';

/** The source's side of a range from its checkpoint on: the points that migrate, with payloads and the vectors that recipes read. */
export function sourceRead({ migration, record, signal }: RangeContext): ReadRange {
  const { spec, resolved } = migration;
  return {
    collection: resolved.source,
    from: record.next ?? record.start,
    end: record.end,
    pagePoints: spec.copy.pagePoints,
    payload: true,
    vectors: [...new Set(targetVectors(spec).flatMap(({ reads }) => reads))],
    filter: sourceFilter(spec),
    signal,
  };
}
