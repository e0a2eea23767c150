import type { MigrationEvent, Phase } from '@reembed/contracts';
import { startChild } from '../child.ts';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { type Copy, send, startMigration, untilPhase } from '../copy-collection.ts';
import { startBenchFleet } from '../fleet.ts';
import { againstGoal, type Bench, markdownTable, type Scenario } from '../harness.ts';
import { type Measurement, median, pointsPerSecond } from '../measurement.ts';
import type { BareRead } from '../processes/bare-reader.ts';

/** Of the pace of a bare scroll of both sides. */
const goal = 0.7;
/** Whoever pauses between two passes waits as long as a request may take. */
const requestTimeoutMs = 10_000;

/** Goal: a pass that finds nothing to do at 0.7 of what reading both sides costs. Passes are timed whole, as their coordinator says: with its looks, and the fence. */
export const sync: Scenario = {
  name: 'sync',
  summary: 'a clean pass of sync, and one of verify, beside a bare scroll of both sides',
  async run(given) {
    await using stack = new AsyncDisposableStack();
    const bench = { ...given, ...(await startBenchFleet(stack, { ...given, requestTimeoutMs })) };
    const source = await createUnindexed(bench, 'source');
    await bareUpsert(bench, source);
    const rows: string[][] = [];
    for (const vector of ['keep', 'embed'] as const) rows.push(...(await followed(bench, source, vector)));
    for (const line of markdownTable(['what', 'points/s', 'client CPU µs/point'], rows)) bench.print(line);
  },
};

type Round = { readonly sync: number; readonly verify: number; readonly rest: Measurement; readonly grpc: Measurement | null };

async function followed(bench: Bench, source: string, vector: Copy['vector']): Promise<string[][]> {
  await using worker = await startChild('idle-worker.ts', [String(bench.dimensions)], bench.workerEnv);
  const target = bench.collectionName('target');
  const id = await startMigration(bench, { source, target, vector });
  await untilPhase(bench, id, 'ready');
  const vectors = vector === 'keep' ? [''] : [];
  const sides = [
    { collection: source, vectors },
    { collection: target, vectors: [''] },
  ];
  const rounds: Round[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    const rest = await bareRead(bench, { grpcUrl: null, sides });
    const grpc = bench.grpcUrl === undefined ? null : await bareRead(bench, { grpcUrl: bench.grpcUrl, sides });
    rounds.push({ ...(await passes(bench, id)), rest, grpc });
  }
  await send(bench, 'POST', `/v1/migrations/${id}/cancel`, {});
  await untilPhase(bench, id, 'cancelled');
  await worker[Symbol.asyncDispose]();
  return report(bench, vector, rounds);
}

async function bareRead(bench: Bench, read: Pick<BareRead, 'grpcUrl' | 'sides'>): Promise<Measurement> {
  await using reader = await startChild('bare-reader.ts');
  return await reader.measure({ ...read, url: bench.qdrantUrl, points: bench.points } satisfies BareRead);
}

/** A word that makes it sync at full pace, then compare. In points a second. */
async function passes(bench: Bench, id: string): Promise<Pick<Round, 'sync' | 'verify'>> {
  const enters = (phase: Phase) => bench.told(id, (event) => event.type === 'phase' && event.phase === phase);
  const paused = enters('paused');
  await send(bench, 'POST', `/v1/migrations/${id}/pause`, {});
  await paused;
  const told = [enters('syncing'), enters('verifying'), bench.told(id, ({ type }) => type === 'verified'), enters('ready')];
  await send(bench, 'POST', `/v1/migrations/${id}/resume`, {});
  const [syncing = 0, verifying = 0, verified = 0] = (await Promise.all(told)).map(momentOf);
  const pace = (ms: number) => (bench.points / ms) * 1_000;
  return { sync: pace(verifying - syncing), verify: pace(verified - verifying) };
}

function momentOf({ at }: MigrationEvent): number {
  return Date.parse(at);
}

function report(bench: Bench, vector: Copy['vector'], rounds: readonly Round[]): string[][] {
  const grpc = rounds.flatMap((round) => round.grpc ?? []);
  for (const what of ['sync', 'verify'] as const) {
    const ratio = (side: (round: Round) => Measurement) => median(rounds.map((round) => round[what] / pointsPerSecond(side(round))));
    bench.print(
      againstGoal(
        `${what} of ${vector} / bare scroll over REST`,
        ratio(({ rest }) => rest),
        { least: goal },
      ),
    );
    if (grpc.length > 0)
      bench.print(
        againstGoal(
          `${what} of ${vector} / bare scroll over gRPC`,
          ratio(({ grpc, rest }) => grpc ?? rest),
          { least: goal },
        ),
      );
  }
  const pace = (values: readonly number[]) => median(values).toFixed(0);
  return [
    [`${vector}: bare scroll over REST`, pace(rounds.map(({ rest }) => pointsPerSecond(rest))), ''],
    ...(grpc.length === 0 ? [] : [[`${vector}: bare scroll over gRPC`, pace(grpc.map(pointsPerSecond)), '']]),
    [`${vector}: sync`, pace(rounds.map((round) => round.sync)), ''],
    [`${vector}: verify`, pace(rounds.map((round) => round.verify)), ''],
  ];
}
