import type { PointId, Range, RangeJob } from '@reembed/contracts';
import { keysOf, type Namespace } from '../redis/keys.ts';
import { answered } from '../redis/requests.ts';
import { boundsOfText, optionalPointIdOfKey } from './point-id-key.ts';

/** A range as it stands in a pass. `next`: where its next page starts; null at its start. */
export type RangeLook = Pick<Range, 'start' | 'end'> & {
  readonly next: PointId | null;
  readonly points: number;
  readonly attempts: number;
};

/** Looks at the ranges of jobs, for a dashboard: it takes none up. Null where the range is not known any more. */
export function createRangeLook({ redis: { requests }, prefix }: Namespace): (job: RangeJob) => Promise<RangeLook | null> {
  const keys = keysOf(prefix);
  return async ({ migrationId, pass, seq }) => {
    const [bounds, open] = await Promise.all([
      answered(requests.hget(keys.bounds(migrationId), String(seq))),
      answered(requests.hget(keys.pass(migrationId, pass).open, String(seq))),
    ]);
    if (bounds === null) return null;
    const { n, p, a } = (open === null ? { n: '', p: 0, a: 0 } : JSON.parse(open)) as { n: string; p: number; a: number };
    return { ...boundsOfText(bounds), next: optionalPointIdOfKey(n), points: p, attempts: a };
  };
}
