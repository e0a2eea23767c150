import { startChild } from '../child.ts';
import { bareUpsert, createUnindexed } from '../collections.ts';
import { type Copy, copyCollection, startCopyWorker } from '../copy-collection.ts';
import { againstGoal, type Bench, interleaved, type Scenario, speedRatio, table } from '../harness.ts';
import { type Measurement, median, pointsPerSecond } from '../measurement.ts';
import { runPeer } from '../peer.ts';

const keep = '`keep` copy';
const embed = '`embed` copy, instant embedder';
const splice = 'bare splice over gRPC, 4 streams';
const binary = 'bare upsert over gRPC, pages read beforehand';
const peer = 'the peer’s whole command';
/** What is prepared is held in memory: of more points, only so many are. */
const mostPrepared = 200_000;

/** What is measured against what, where both are there, and the goal. */
const goals: readonly [what: string, against: string, goal: number][] = [
  [keep, peer, 2.5],
  [keep, splice, 0.85],
  [embed, binary, 0.8],
];

/** Without gRPC: a `keep` copy at 0.7 of a bare upsert, `embed` with an instant embedder at 0.6. */
export const copy: Scenario = {
  name: 'copy',
  summary: 'a copy by one worker process, kept and embedded, by each way, beside what bare clients and a peer do with the same points',
  async run(bench) {
    const source = await createUnindexed(bench, 'source');
    await bareUpsert(bench, source);
    const copied = (vector: Copy['vector'], transport: 'rest' | 'grpc') => () => copyOnce(bench, { source, vector, copy: { transport } });
    const measured = await interleaved(bench.rounds, {
      'bare upsert, 4 streams': () => bare(bench, false),
      ...(bench.grpcUrl === undefined
        ? { [keep]: copied('keep', 'rest'), [embed]: copied('embed', 'rest') }
        : {
            [splice]: () => carried(bench, source, bench.grpcUrl ?? '', false),
            [keep]: copied('keep', 'grpc'),
            [`${keep} over REST`]: copied('keep', 'rest'),
            [binary]: () => carried(bench, source, bench.grpcUrl ?? '', true),
            [embed]: copied('embed', 'grpc'),
            [`${embed}, over REST`]: copied('embed', 'rest'),
          }),
      'bare upsert, bodies built beforehand': () => bare(bench, true),
      ...(bench.peer === undefined ? {} : { [peer]: () => runPeer(bench, bench.peer ?? '', source) }),
    });
    for (const line of table(measured)) bench.print(line);
    for (const [what, against, goal] of goals) {
      const [one, other] = [measured[what], measured[against]];
      if (one === undefined || other === undefined) continue;
      bench.print(`${againstGoal(`${what} / ${against}`, ratioOf(one, other), { least: goal })}; ${speedRatio(one, other)}`);
    }
  },
};

/** The median of the rounds. */
function ratioOf(one: readonly Measurement[], other: readonly Measurement[]): number {
  return median(one.map((each, round) => pointsPerSecond(each) / pointsPerSecond(other[round] ?? each)));
}

async function bare(bench: Bench, prepared: boolean): Promise<Measurement> {
  const collection = await createUnindexed(bench, 'bare');
  const measured = await bareUpsert(bench, collection, { prepared, points: pointsOf(bench, prepared) });
  await bench.collections.drop(collection);
  return measured;
}

async function carried(bench: Bench, source: string, grpcUrl: string, prepared: boolean): Promise<Measurement> {
  const target = await createUnindexed(bench, 'carried');
  await using process = await startChild('bare-carrier.ts');
  const measured = await process.measure({ url: bench.qdrantUrl, grpcUrl, source, target, points: pointsOf(bench, prepared), prepared });
  await bench.collections.drop(target);
  return measured;
}

function pointsOf({ points }: Bench, prepared: boolean): number {
  return prepared ? Math.min(points, mostPrepared) : points;
}

async function copyOnce(bench: Bench, copy: Omit<Copy, 'points'>): Promise<Measurement> {
  await using worker = await startCopyWorker(bench);
  return await copyCollection(bench, worker, { points: bench.points, ...copy });
}
