import type { Answer } from './search-by-text.ts';

/** What a reader saw. A failed search threw; a mixed answer is neither the old collection's nor the new one's. */
export type ReaderReport = {
  readonly searches: number;
  readonly searchesPerSecond: number;
  /** The fewest that ended within any full second. */
  readonly slowestSecond: number;
  readonly failed: number;
  readonly mixed: number;
  /** Answers by collection. */
  readonly by: Readonly<Record<string, number>>;
  /** The first few things that went wrong. */
  readonly faults: readonly string[];
};

export type Reader = {
  /** So far. */
  report(): ReaderReport;
  /** Waits for the searches under way. */
  stop(): Promise<ReaderReport>;
};

export type ReaderOptions = {
  readonly search: (text: string) => Promise<Answer>;
  readonly queries: readonly string[];
  /** What a collection has to answer: its whole, right answer, or null while nobody can say. */
  readonly expected: (collection: string, text: string) => readonly string[] | null;
  readonly perSecond: number;
};

/** Searches at a steady pace, whether or not the last answer is there: a slow answer must not make the load smaller. */
export function startReader({ search, queries, expected, perSecond }: ReaderOptions): Reader {
  const startedAt = performance.now();
  const endedAt: number[] = [];
  const by: Record<string, number> = {};
  const faults: string[] = [];
  const underWay = new Set<Promise<void>>();
  let failed = 0;
  let mixed = 0;
  let launched = 0;

  const once = async (text: string) => {
    try {
      const answer = await search(text);
      by[answer.collection] = (by[answer.collection] ?? 0) + 1;
      const fault = faultOf(answer, expected(answer.collection, text));
      if (fault === null) return;
      mixed++;
      faults.push(`"${text}" in ${answer.collection}: ${fault}`);
    } catch (error) {
      failed++;
      faults.push(`"${text}": ${String(error)}`);
    } finally {
      endedAt.push(performance.now() - startedAt);
    }
  };
  const launch = () => {
    // As many as are due by now: timers run late where the processor is busy.
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond);
    for (; launched < due; launched++) {
      const search = once(queries[launched % queries.length] ?? '');
      underWay.add(search);
      void search.then(() => underWay.delete(search));
    }
  };
  const timer = setInterval(launch, 1_000 / perSecond);
  const report = (): ReaderReport => ({
    searches: endedAt.length,
    searchesPerSecond: endedAt.length / ((performance.now() - startedAt) / 1_000),
    slowestSecond: fewestInOneSecond(endedAt),
    failed,
    mixed,
    by: { ...by },
    faults: faults.slice(0, 5),
  });
  return {
    report,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      return report();
    },
  };
}

function faultOf({ hits }: Answer, expected: readonly string[] | null): string | null {
  if (hits.length === 0) return 'no answer at all';
  if (hits.some(({ score }, at) => !Number.isFinite(score) || score > (hits[at - 1]?.score ?? score))) return 'scores out of order';
  if (expected === null || expected.join() === hits.map(({ id }) => id).join()) return null;
  return `not the whole answer of one collection: ${hits.map(({ id }) => id).join(', ')}`;
}

/** Over the full seconds between the first and the last end. */
export function fewestInOneSecond(endedAtMs: readonly number[]): number {
  const seconds = Math.floor((endedAtMs.at(-1) ?? 0) / 1_000);
  const ended = Array.from({ length: seconds }, () => 0);
  for (const at of endedAtMs) {
    const second = Math.floor(at / 1_000);
    if (second < seconds) ended[second] = (ended[second] ?? 0) + 1;
  }
  return ended.length === 0 ? endedAtMs.length : Math.min(...ended);
}
