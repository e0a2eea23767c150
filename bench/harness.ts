import { randomUUID } from 'node:crypto';
import { arch, cpus, totalmem } from 'node:os';
import { createQdrantCollections } from '@reembed/qdrant';
import { type BenchFleet, startBenchFleet } from './fleet.ts';
import { cpuMicrosPerPoint, type Measurement, median, pointsPerSecond } from './measurement.ts';
import { startLocalQdrant } from './start-local-qdrant.ts';

/** `peer`: the command of another tool, for those scenarios that run one beside us. */
export type BenchSize = {
  readonly points: number;
  readonly dimensions: number;
  readonly rounds: number;
  readonly peer?: string | undefined;
};

/** What every scenario works with: a Qdrant, and a fleet without workers on a Redis of its own. */
export type Bench = BenchSize &
  BenchFleet & {
    readonly qdrantUrl: string;
    /** Where its gRPC interface is; undefined: everything goes over REST. */
    readonly grpcUrl: string | undefined;
    /** Whether that is a Qdrant whose speed says something. */
    readonly real: boolean;
    readonly collections: ReturnType<typeof createQdrantCollections>;
    /** A collection's name that nobody else uses; dropped at the end. */
    collectionName(label: string): string;
    readonly print: (line: string) => void;
  };

export type Scenario = {
  readonly name: string;
  readonly summary: string;
  readonly run: (bench: Bench) => Promise<void>;
};

/** Starts what the scenarios need, runs `use`, and takes everything down again. */
export async function withBench(size: BenchSize, print: Bench['print'], use: (bench: Bench) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  stack.defer(onceToldToStop(() => stack.disposeAsync()));
  const given = process.env.REEMBED_BENCH_QDRANT_URL ?? '';
  const qdrantUrl = given === '' ? stack.use(await startLocalQdrant()).url : given;
  const grpcUrl = process.env.REEMBED_BENCH_QDRANT_GRPC_URL || undefined;
  const fleet = await startBenchFleet(stack, { qdrantUrl, grpcUrl });
  const collections = createQdrantCollections({ url: qdrantUrl, apiKey: undefined, requestTimeoutMs: 60_000 });
  const names: string[] = [];
  stack.defer(async () => {
    for (const name of names) if ((await collections.describe(name)) !== null) await collections.drop(name);
  });
  await use({
    ...size,
    ...fleet,
    qdrantUrl,
    grpcUrl,
    real: given !== '',
    collections,
    print,
    collectionName(label) {
      const name = `reembed-bench-${label}-${randomUUID().slice(0, 8)}`;
      names.push(name);
      return name;
    },
  });
}

/** Ctrl-C drops the collections too. Answers how to stop listening. */
function onceToldToStop(clean: () => Promise<void>): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = () => void clean().finally(() => process.exit(130));
  for (const signal of signals) process.once(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

/** Runs every contestant once a round, one after the other, so that what else the machine does meets all of them. */
export async function interleaved(
  rounds: number,
  contestants: Readonly<Record<string, () => Promise<Measurement>>>,
): Promise<Record<string, Measurement[]>> {
  const measured = Object.fromEntries(Object.keys(contestants).map((name) => [name, [] as Measurement[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) measured[name]?.push(await run());
  }
  return measured;
}

/** A table of medians, with the ratio to the first contestant's speed. */
export function table(measured: Readonly<Record<string, readonly Measurement[]>>): string[] {
  const [first = []] = Object.values(measured);
  const rows = Object.entries(measured).map(([name, rounds]) => {
    const of = (read: (measurement: Measurement) => number) => median(rounds.map(read));
    const own = Number.isNaN(of(cpuMicrosPerPoint)) ? ['', ''] : [of(cpuMicrosPerPoint).toFixed(0), rssOf(of)];
    return [name, of(pointsPerSecond).toFixed(0), speedRatio(rounds, first), ...own];
  });
  return markdownTable(['what', 'points/s', 'ratio', 'client CPU µs/point', 'client RSS MiB early / late'], rows);
}

function rssOf(of: (read: (measurement: Measurement) => number) => number): string {
  return `${of((each) => each.rssEarlyMiB).toFixed(0)} / ${of((each) => each.rssLateMiB).toFixed(0)}`;
}

/** The ratio of two contestants' speeds: the median of the rounds' own ratios, with the lowest and the highest. */
export function speedRatio(rounds: readonly Measurement[], first: readonly Measurement[]): string {
  const ratios = rounds.map((each, round) => pointsPerSecond(each) / pointsPerSecond(first[round] ?? each));
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
}

/** Says how a number stands to the goal it was measured for. */
export function againstGoal(what: string, value: number, goal: { readonly least: number } | { readonly most: number }): string {
  const [reached, words] = 'least' in goal ? [value >= goal.least, `at least ${goal.least}`] : [value <= goal.most, `at most ${goal.most}`];
  return `${what}: ${value.toFixed(2)}, goal ${words}: ${reached ? 'reached' : 'not reached'}`;
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** The machine, for whoever reads the numbers later. */
export function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'} (${arch()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
}
