import { buildReport } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { withGaps } from '../sections/time.ts';
import { shareFrom, warnOfThresholds } from './both-sides.ts';
import { chartMetricIntervals, chartQueryDifferences } from './differences.ts';
import { drawChart } from './draw-chart.ts';

const at = (second: number) => new Date(second * 1000).toISOString();
const steps = (values: readonly number[]) => values.map((difference, index) => ({ query: `q${index}`, difference }));

describe('query differences', () => {
  it('counts what won, lost and stayed, and takes less than a thousandth for nothing', () => {
    const { summary } = chartQueryDifferences(steps([-0.4, -0.0004, 0, 0.2, 0.3]));
    expect(summary).toBe('Of 5 labelled queries 2 won, 1 lost, 2 stayed as they were; the median difference is 0.000.');
  });

  it('draws one query as well as ten thousand, in a page of bearable size', () => {
    const many = steps(Array.from({ length: 10_000 }, (_, query) => Math.sin(query)));
    expect(String(drawChart(chartQueryDifferences(steps([0.5]))))).toContain('<path');
    expect(String(drawChart(chartQueryDifferences(many))).length).toBeLessThan(250_000);
  });
});

describe('intervals of metrics', () => {
  const row = (lower: number, upper: number) =>
    ({ metric: 'ndcg@10', mode: 'exact', old: 0.3, new: 0.3, difference: (lower + upper) / 2, lower, upper }) as const;

  it('counts those that no query tells apart for themselves, and not as chance', () => {
    const { summary } = chartMetricIntervals([row(0.01, 0.05), row(-0.02, 0.03), row(0, 0)]);
    expect(summary).toBe(
      'Of 3 metrics 1 are better and 0 worse beyond chance; 1 allow both, and 1 have no interval: every query differs by the same.',
    );
  });

  it('draws nothing that differs in the middle', () => {
    expect(chartMetricIntervals([row(0, 0)]).option.xAxis).toMatchObject({ min: -0.05, max: 0.05 });
    expect(chartMetricIntervals([row(0, 0), row(-0.2, -0.1)]).option.xAxis).not.toHaveProperty('min');
  });
});

describe('score distributions', () => {
  const scores = { edges: [0, 0.5, 1], counts: [10, 30], p5: 0.1, p50: 0.7, p95: 0.95 };

  it('finds the share of scores from a value on, within a bin by its width', () => {
    expect([-1, 0, 0.25, 0.5, 0.75, 1, 2].map((value) => shareFrom(scores, value))).toEqual([1, 1, 0.875, 0.75, 0.375, 0, 0]);
    expect(shareFrom({ ...scores, counts: [0, 0] }, 0.5)).toBe(0);
    expect(shareFrom({ ...scores, edges: [0.5, 0.5, 0.5], counts: [1, 3] }, 0.5)).toBe(1);
  });

  it('says what a threshold of the old scores would do to the new', () => {
    const warning = warnOfThresholds({ old: { ...scores, p5: 0.75 }, new: scores });
    expect(warning?.replaceAll('\u00a0', ' ')).toMatch(/^95 % of the old scores are 0.750 or more; of the new ones 38 % are\./);
    expect(warnOfThresholds({ old: { ...scores, p5: 0.1 }, new: scores })).toBeNull();
  });
});

describe('throughput', () => {
  it('leaves the line open where nothing was measured for a while', () => {
    const samples = [0, 10, 20, 30, 300, 310].map((second) => ({ at: at(second), pointsPerSecond: second }));
    expect(withGaps(samples).map(([ms, rate]) => [ms / 1000, rate])).toEqual([
      [0, 0],
      [10, 10],
      [20, 20],
      [30, 30],
      [165, null],
      [300, 300],
      [310, 310],
    ]);
  });

  it('draws a single sample', () => {
    expect(withGaps([{ at: at(5), pointsPerSecond: 7 }])).toEqual([[5000, 7]]);
  });
});

it('a chart names itself and its summary, and takes every colour from the page', () => {
  const quality = buildReport().gates?.quality;
  const figure = String(drawChart(chartQueryDifferences(quality?.differences ?? [])));
  expect(figure).toContain('role="img" aria-labelledby="differences-title" aria-describedby="differences-summary"');
  const drawn = figure.replaceAll(/<clipPath[\s\S]*?<\/clipPath>/g, '');
  expect(drawn.match(/(fill|stroke)="(?!none|var\()[^"]*"/g)).toBeNull();
});
