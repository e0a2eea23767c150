/** What ranges may wait for while they are worked on. `source`: reads of it; `qdrant`: the target's side; `cpu`: the worker itself computes. */
export const timedParts = ['cpu', 'throttle', 'provider', 'source', 'qdrant'] as const;
export type TimedPart = (typeof timedParts)[number];

/** In ms, of ranges side by side each for itself: how long they were in hand, and how long at least one call of a part was under way meanwhile. */
export type WorkTimes = { readonly inHand: number } & Readonly<Record<TimedPart, number>>;

export const noTimes: WorkTimes = { inHand: 0, cpu: 0, throttle: 0, provider: 0, source: 0, qdrant: 0 };

export function addTimes(a: WorkTimes, b: WorkTimes): WorkTimes {
  const sums = timedParts.map((part) => [part, a[part] + b[part]]);
  return { ...Object.fromEntries(sums), inHand: a.inHand + b.inHand } as WorkTimes;
}

/** A process that computes so much of the time answers everything else late: what else seems slow is so because of it. */
const busyShare = 0.85;
/** What takes less of the time than this bounds nothing by itself. */
const boundingShare = 0.5;

/**
 * What takes most of the time. Reading, embedding and writing overlap, so that of a range that goes on the slowest one is under way nearly always, and
 * the others wait for it. Null: nothing stands out, or nothing is known.
 */
export function slowestOf(times: WorkTimes | null): { readonly part: TimedPart; readonly share: number } | null {
  if (times === null || times.inHand <= 0) return null;
  const shareOf = (part: TimedPart) => times[part] / times.inHand;
  if (shareOf('cpu') >= busyShare) return { part: 'cpu', share: shareOf('cpu') };
  const waits = timedParts.filter((part) => part !== 'cpu').toSorted((a, b) => shareOf(b) - shareOf(a));
  const [part] = waits;
  if (part === undefined || shareOf(part) < boundingShare) return null;
  return { part, share: shareOf(part) };
}
