import type { Migration, Pass } from '../domain/migration.ts';

/** Points a range is to hold: at most 50,000 ranges, past that larger ones. */
export function rangePoints({ spec }: Pick<Migration, 'spec'>, { sourcePoints }: Pick<Pass, 'sourcePoints'>): number {
  return Math.max(spec.copy.rangePoints, Math.ceil(sourcePoints / 50_000));
}
