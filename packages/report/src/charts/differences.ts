import { isEstimated, type MetricRow, type QualityGate } from '@reembed/contracts';
import type { CustomSeriesOption } from 'echarts/charts';
import { formatCount, formatDifference, metricTitle } from '../page/format.ts';
import { type Chart, ink, valueAxis } from './draw-chart.ts';

/** Each metric's difference as a point with its 95 % interval, beside the line of no change. */
export function chartMetricIntervals(rows: readonly MetricRow[]): Chart {
  return {
    id: 'intervals',
    title: 'New minus old, with 95 % intervals',
    summary: summariseMetrics(rows),
    height: 56 + 34 * rows.length,
    option: {
      grid: { left: 8, right: 16, top: 8, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: { ...valueAxis({ ...aroundNothing(rows), format: (value) => `${value}`.replace('-', '\u2212') }), scale: false },
      yAxis: {
        type: 'category',
        inverse: true,
        data: rows.map((row) => metricTitle(row)),
        axisLabel: { color: ink.label },
        axisLine: { show: false },
        axisTick: { show: false },
      },
      series: [
        { type: 'custom', silent: true, renderItem: drawInterval, encode: { x: [1, 2, 3], y: 0 }, data: rows.map(toItem) },
        {
          type: 'line',
          data: [],
          silent: true,
          markLine: {
            symbol: 'none',
            label: { show: false },
            lineStyle: { color: ink.axis, type: 'solid', width: 1.5 },
            data: [{ xAxis: 0 }],
          },
        },
      ],
    },
  };
}

/** Where nothing differs, an axis of its own would begin at zero and go on to one. */
function aroundNothing(rows: readonly MetricRow[]): { readonly min?: number; readonly max?: number } {
  return rows.some(({ lower, upper }) => lower !== 0 || upper !== 0) ? {} : { min: -0.05, max: 0.05 };
}

/** An interval on one side of zero is a difference; one across it may be chance; none at all says nothing. */
function summariseMetrics(rows: readonly MetricRow[]): string {
  const known = rows.filter(isEstimated);
  const better = known.filter(({ lower }) => lower > 0).length;
  const worse = known.filter(({ upper }) => upper < 0).length;
  const none = rows.length - known.length;
  const judged = `Of ${rows.length} metrics ${better} are better and ${worse} worse beyond chance; ${known.length - better - worse} allow both`;
  return none === 0 ? `${judged}.` : `${judged}, and ${none} have no interval: every query differs by the same.`;
}

function toItem({ difference, lower, upper }: MetricRow, at: number): number[] {
  return [at, lower, difference, upper];
}

const drawInterval: NonNullable<CustomSeriesOption['renderItem']> = (_, api) => {
  const row = api.value(0);
  const [from, middle, to] = [1, 2, 3].map((field) => api.coord([api.value(field), row]));
  const [y, x1, x, x2] = [from?.[1] ?? 0, from?.[0] ?? 0, middle?.[0] ?? 0, to?.[0] ?? 0];
  const line = (xa: number, ya: number, xb: number, yb: number) => ({
    type: 'line' as const,
    shape: { x1: xa, y1: ya, x2: xb, y2: yb },
    style: { stroke: ink.new, lineWidth: 2 },
  });
  const ends = [line(x1, y - 5, x1, y + 5), line(x2, y - 5, x2, y + 5)];
  const point = { type: 'circle' as const, shape: { cx: x, cy: y, r: 5 }, style: { fill: ink.new } };
  return { type: 'group', children: [line(x1, y, x2, y), ...ends, point] };
};

/** Differences of nDCG@10 (new - old) that print as 0.000 count as none. */
const nothing = 0.0005;
const quarter = 0.25;

/** Each labelled query's difference as one step, from the one that lost most to the one that won most. */
export function chartQueryDifferences(differences: QualityGate['differences']): Chart {
  const values = differences.map(({ difference }) => difference).toSorted((one, other) => one - other);
  return {
    id: 'differences',
    title: 'Difference of nDCG@10, query by query',
    summary: summariseQueries(values),
    height: 260,
    wide: true,
    option: {
      grid: { left: 8, right: 12, top: 12, bottom: 28, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: {
        ...valueAxis({ name: 'queries, from most lost to most won', min: 0, max: values.length, format: () => '' }),
        nameGap: 10,
        splitLine: { show: false },
      },
      yAxis: { ...valueAxis({ ...boundsOf(values), format: formatAxis }), interval: quarter },
      series: [steps('lost', values, Math.min, ink.lost), steps('won', values, Math.max, ink.won)],
    },
  };
}

/** From zero to whole quarters on either side, and never no height. */
function boundsOf(sorted: readonly number[]): { readonly min: number; readonly max: number } {
  const min = Math.min(0, Math.floor((sorted[0] ?? 0) / quarter) * quarter);
  return { min, max: Math.max(min === 0 ? quarter : 0, Math.ceil((sorted.at(-1) ?? 0) / quarter) * quarter) };
}

/** `Of 185 queries 96 won, 54 lost, 35 stayed as they were; the median difference is +0.021.` */
function summariseQueries(values: readonly number[]): string {
  const won = values.filter((value) => value >= nothing).length;
  const lost = values.filter((value) => value <= -nothing).length;
  const rest = values.length - won - lost;
  const counts = `${formatCount(won)} won, ${formatCount(lost)} lost, ${formatCount(rest)} stayed as they were`;
  return `Of ${formatCount(values.length)} labelled queries ${counts}; the median difference is ${formatDifference(median(values))}.`;
}

function median(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

/** A step holds from one whole number to the next, so the last value is there twice. */
function steps(name: string, values: readonly number[], towardsZero: (value: number, zero: number) => number, color: string) {
  const closed = [...values, values.at(-1) ?? 0];
  return {
    name,
    type: 'line' as const,
    step: 'end' as const,
    silent: true,
    symbol: 'none',
    sampling: 'lttb' as const,
    data: closed.map((value, at) => [at, towardsZero(value, 0)]),
    lineStyle: { width: 1, color },
    areaStyle: { color, opacity: 1 },
  };
}

function formatAxis(value: number): string {
  return value === 0 ? '0' : `${value > 0 ? '+' : '\u2212'}${Math.abs(value)}`;
}
