/** What one run of one contestant gave. */
export type Measurement = {
  readonly points: number;
  readonly ms: number;
  /** User and system time of the measured process, all its threads. */
  readonly cpuMs: number;
  /** Resident memory of the measured process in MiB: after a quarter of the points, and near the end. */
  readonly rssEarlyMiB: number;
  readonly rssLateMiB: number;
};

export type Meter = {
  /** Counts points that are done. */
  add(points: number): void;
  /** The measurement so far. */
  read(): Measurement;
};

/** Looking at the memory of a busy process costs a millisecond. */
const rssEveryMs = 100;

/** Measures this process from now on. `expected` points make the whole. */
export function startMeter(expected: number): Meter {
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let points = 0;
  let rssEarlyMiB = 0;
  let rssLateMiB = 0;
  let lookedAt = 0;
  return {
    add(more) {
      points += more;
      if (performance.now() - lookedAt < rssEveryMs && points < expected) return;
      lookedAt = performance.now();
      if (points < expected / 4) rssEarlyMiB = rssMiB();
      else rssLateMiB = rssMiB();
    },
    read() {
      const { user, system } = process.cpuUsage(cpu);
      return { points, ms: performance.now() - startedAt, cpuMs: (user + system) / 1000, rssEarlyMiB, rssLateMiB };
    },
  };
}

function rssMiB(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

export function pointsPerSecond({ points, ms }: Measurement): number {
  return (points / ms) * 1000;
}

export function cpuMicrosPerPoint({ points, cpuMs }: Measurement): number {
  return (cpuMs * 1000) / points;
}

/** The middle one; of an even number, the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
