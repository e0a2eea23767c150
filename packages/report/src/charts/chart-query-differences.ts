import type { QualityGate } from '@reembed/contracts';
import { formatCount, formatDifference } from '../format-numbers.ts';
import { type Chart, ink, valueAxis } from './draw-chart.ts';

/** Differences of nDCG@10 (new - old) that print as 0.000 count as none. */
const nothing = 0.0005;
const quarter = 0.25;

/** Each labelled query's difference as one step, from the one that lost most to the one that won most. */
export function chartQueryDifferences(differences: QualityGate['differences']): Chart {
  const values = differences.map(({ difference }) => difference).toSorted((one, other) => one - other);
  return {
    id: 'differences',
    title: 'Difference of nDCG@10, query by query',
    summary: summarise(values),
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
function summarise(values: readonly number[]): string {
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
