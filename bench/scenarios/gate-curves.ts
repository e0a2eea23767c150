import { bootstrapMeans, createSeededRandom, fewestQueries, labelledVerdict, sliceVerdict } from '@reembed/core';
import { markdownTable, type Scenario } from '../harness.ts';

const trials = 1_000;
const minNdcgDelta = -0.02;
const counts = [5, 20, 50, 140, 500];
const slicesJudged = [2, 10];
const sliceCounts = [50, 140];
const sliceDifferences = [0, -0.05, -0.1, -0.2];
const differences = [0.05, 0, -0.05, -0.1, -0.2];

/** As between two models on Cranfield: two queries of five find the same, and the standard deviation over all is 0.21. */
const tied = 0.4;
const spread = 0.21;

/**
 * How often the gate of labelled queries passes a model whose true difference of nDCG@10 is known, and how often it fails one: simulated, by
 * the gate's own interval and verdict.
 */
export const gateCurves: Scenario = {
  name: 'gate-curves',
  summary: 'how often the quality gate passes and fails what is better or worse in truth, by the number of labelled queries',
  async run(bench) {
    const random = createSeededRandom(1);
    const rows = counts.map((queries) => {
      const shares = differences.map((difference) => sharesOf(queries, difference, random));
      return [String(queries), ...shares];
    });
    for (const line of markdownTable(['queries', ...differences.map(signed)], rows)) bench.print(line);
    bench.print(
      `Of ${trials} simulations each, in percent: passes / fails; in brackets what the interval alone would say of too few queries.`,
    );
    const slices = slicesJudged.flatMap((judged) =>
      sliceCounts.map((queries) => [
        String(judged),
        String(queries),
        ...sliceDifferences.map((difference) => stoppedOf(judged, queries, difference, random)),
      ]),
    );
    for (const line of markdownTable(['slices', 'queries of it', ...sliceDifferences.map(signed)], slices)) bench.print(line);
    bench.print('How often one of so many slices that are judged stops the switch (fails, or is inconclusive), in percent.');
  },
};

function signed(difference: number): string {
  return `${difference > 0 ? '+' : ''}${difference}`;
}

/** One slice of `judged`: each has the wider interval that all of them take together. */
function stoppedOf(judged: number, queries: number, difference: number, random: () => number): string {
  const lists = Array.from({ length: trials }, () => Array.from({ length: queries }, () => drawDifference(difference, random)));
  const verdicts = bootstrapMeans(lists, undefined, 1 - 0.05 / judged).map((interval) => sliceVerdict(interval, minNdcgDelta, queries));
  const [stopped, failed] = [['fail', 'inconclusive'], ['fail']].map((some) => verdicts.filter((verdict) => some.includes(verdict)).length);
  return `${percent(stopped ?? 0)} (${percent(failed ?? 0)})`;
}

function sharesOf(queries: number, difference: number, random: () => number): string {
  const lists = Array.from({ length: trials }, () => Array.from({ length: queries }, () => drawDifference(difference, random)));
  const intervals = bootstrapMeans(lists);
  const shares = (counted: number) => {
    const verdicts = intervals.map((interval) => labelledVerdict(interval, minNdcgDelta, counted));
    return (['pass', 'fail'] as const).map((wanted) => percent(verdicts.filter((verdict) => verdict === wanted).length)).join(' / ');
  };
  return queries >= fewestQueries ? shares(queries) : `${shares(queries)} (${shares(fewestQueries)})`;
}

/** One query's difference; nDCG lies between 0 and 1. */
function drawDifference(wanted: number, random: () => number): number {
  if (random() < tied) return 0;
  // Those that are not tied carry all of the difference and of the spread.
  const mean = wanted / (1 - tied);
  const sd = Math.sqrt((spread ** 2 + wanted ** 2) / (1 - tied) - mean ** 2);
  const gaussian = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(1, Math.max(-1, mean + sd * gaussian));
}

function percent(count: number): string {
  return ((100 * count) / trials).toFixed(1);
}
