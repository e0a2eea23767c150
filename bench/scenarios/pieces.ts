import { bareUpsert, createUnindexed } from '../collections.ts';
import type { Copy } from '../copy-collection.ts';
import { type Bench, markdownTable, type Scenario, speedRatio } from '../harness.ts';
import { median, pointsPerSecond } from '../measurement.ts';
import { percentile, searchWhileCopied, type Times } from './search.ts';

type Piece = { readonly streams: number; readonly pagePoints: number; readonly perSecond?: number };

/** The first is what a spec says where it says nothing. With `perSecond` all go equally fast: what differs then is of the pieces alone. */
const pieces: readonly Piece[] = [
  { streams: 4, pagePoints: 256 },
  { streams: 1, pagePoints: 256 },
  { streams: 2, pagePoints: 256 },
  { streams: 8, pagePoints: 256 },
  { streams: 16, pagePoints: 256 },
  { streams: 4, pagePoints: 64 },
  { streams: 4, pagePoints: 1_000 },
  { streams: 4, pagePoints: 256, perSecond: 5_000 },
  { streams: 4, pagePoints: 64, perSecond: 5_000 },
];

/** No goal: it says what `copy.streams` and `copy.pagePoints` are worth where it is run. */
export const copyPieces: Scenario = {
  name: 'pieces',
  summary: 'a kept copy in other pieces: copy.streams, copy.pagePoints, and how long searches of the source take meanwhile',
  async run(bench) {
    const source = await createUnindexed(bench, 'source');
    await bareUpsert(bench, source);
    const measured = pieces.map((piece) => ({ piece, rounds: [] as Times[] }));
    for (let round = 0; round < bench.rounds; round++)
      for (const { piece, rounds } of measured) rounds.push(await copiedIn(bench, source, piece));
    const [usual] = measured;
    const rows = measured.map(({ piece, rounds }) => rowOf(piece, rounds, usual?.rounds ?? []));
    for (const line of markdownTable(['streams', 'points a page', 'points/s', 'ratio', 'search p50 ms', 'search p95 ms'], rows))
      bench.print(line);
  },
};

function copiedIn(bench: Bench, source: string, { streams, pagePoints, perSecond }: Piece): Promise<Times> {
  const copy: Copy = { source, vector: 'keep', points: bench.points, copy: { streams, pagePoints } };
  const workerEnv = { ...bench.workerEnv, REEMBED_CONCURRENCY: String(streams) };
  const throttle = perSecond === undefined ? {} : { throttle: { pointsPerSecond: perSecond } };
  return searchWhileCopied({ ...bench, workerEnv }, { ...copy, ...throttle });
}

/** The percentiles are of each round, and of those the median. */
function rowOf({ streams, pagePoints, perSecond }: Piece, rounds: readonly Times[], usual: readonly Times[]): string[] {
  const copied = rounds.flatMap((times) => times.copied ?? []);
  const searches = (share: number) => median(rounds.map(({ ms }) => percentile(ms, share))).toFixed(1);
  const pace = median(copied.map(pointsPerSecond)).toFixed(0);
  const ratio = speedRatio(
    copied,
    usual.flatMap((times) => times.copied ?? []),
  );
  return [
    String(streams),
    String(pagePoints),
    `${pace}${perSecond === undefined ? '' : ', throttled'}`,
    ratio,
    searches(0.5),
    searches(0.95),
  ];
}
