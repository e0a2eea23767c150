import { type Allowed, addTimes, type Clock, type CostLimits, type Costs, noTimes, type Pace, type WorkTimes } from '@reembed/core';

/** Time goes on only by those who wait: whoever would wait for ever is told. */
const mostLooks = 1_000;

/** In memory. Whoever has to wait sleeps by the clock, which fakes end at once. */
export function createFakePace(clock: Clock): Pace {
  const told = new Map<string, Allowed & { readonly until: number }>();
  const taken = new Map<string, number>();
  const times = new Map<string, WorkTimes>();
  const owed = new Map<string, { readonly points: number; readonly at: number }>();
  const rateOf = (id: string, said: number | null, isTold: boolean) => {
    const last = told.get(id);
    if (!isTold) return said;
    if (last === undefined || clock.monotonicMs() > last.until) return 0;
    return last.pointsPerSecond === null ? said : Math.min(last.pointsPerSecond, said ?? Number.POSITIVE_INFINITY);
  };
  return {
    async take(id, points, { pointsPerSecond, told: isTold }, signal) {
      for (let looks = 0; looks < mostLooks; looks++) {
        signal.throwIfAborted();
        const rate = rateOf(id, pointsPerSecond, isTold);
        const now = clock.monotonicMs();
        const before = owed.get(id) ?? { points: 0, at: now };
        const left = Math.max(0, before.points - ((rate ?? 0) * (now - before.at)) / 1_000);
        if (rate === null || (rate > 0 && left === 0)) {
          owed.set(id, { points: rate === null ? 0 : points, at: now });
          taken.set(id, (taken.get(id) ?? 0) + points);
          return;
        }
        owed.set(id, { points: left, at: now });
        await clock.sleep(rate ? Math.ceil((left / rate) * 1_000) : 500, signal);
      }
      throw new Error('nobody lets it go on');
    },
    async allow(id, allowed, forMs) {
      told.set(id, { ...allowed, until: clock.monotonicMs() + forMs });
    },
    async standing(id) {
      const last = told.get(id);
      if (last === undefined && !taken.has(id)) return null;
      return { pointsPerSecond: last?.pointsPerSecond ?? null, why: last?.why ?? '', taken: taken.get(id) ?? 0 };
    },
    noteTimes: async (id, added) => void times.set(id, addTimes(times.get(id) ?? noTimes, added)),
    times: async (id) => times.get(id) ?? null,
  };
}

export function createFakeCosts(): Costs {
  const requested = new Map<string, number>();
  const batched = new Map<string, Map<string, number>>();
  const partsOf = (id: string) => {
    const parts = batched.get(id) ?? new Map<string, number>();
    batched.set(id, parts);
    return parts;
  };
  const spentOf = (id: string, { spent }: CostLimits) => {
    const batches = [...partsOf(id).values()].reduce((sum, usd) => sum + usd, 0);
    return { requests: Math.max(requested.get(id) ?? 0, spent.requests), batches: Math.max(batches, spent.batches) };
  };
  const most = ({ mostUsd }: CostLimits) => mostUsd ?? Number.POSITIVE_INFINITY;
  return {
    async reserve(id, usd, limits) {
      const { requests, batches } = spentOf(id, limits);
      if (requests + batches + usd > most(limits)) return false;
      requested.set(id, requests + usd);
      return true;
    },
    giveBack: async (id, usd) => void requested.set(id, (requested.get(id) ?? 0) - usd),
    async reserveBatch(id, { part, usd }, limits) {
      const { requests, batches } = spentOf(id, limits);
      if (requests + batches - (partsOf(id).get(part) ?? 0) + usd > most(limits)) return false;
      partsOf(id).set(part, usd);
      return true;
    },
    async noteBatches(id, batches) {
      for (const { part, usd } of batches) if (!partsOf(id).has(part)) partsOf(id).set(part, usd);
    },
    settleBatch: async (id, { part, usd }) => void partsOf(id).set(part, usd),
  };
}
