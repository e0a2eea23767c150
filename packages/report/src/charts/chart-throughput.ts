import type { Report } from '@reembed/contracts';
import { formatCount } from '../format-numbers.ts';
import { type Chart, ink, valueAxis } from './draw-chart.ts';

type Sample = Report['throughput'][number];

/** Points a second over time; where nothing was measured for a while the line is open. */
export function chartThroughput(samples: readonly Sample[]): Chart {
  return {
    id: 'throughput',
    title: 'Points a second, while passes ran',
    summary: summarise(samples.map(({ pointsPerSecond }) => pointsPerSecond)),
    height: 220,
    wide: true,
    option: {
      grid: { left: 8, right: 20, top: 12, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: {
        type: 'time',
        axisLabel: { color: ink.label, fontSize: 12, hideOverlap: true },
        axisLine: { lineStyle: { color: ink.axis } },
        axisTick: { show: false },
        splitLine: { show: false },
      },
      yAxis: valueAxis({ min: 0, format: formatCount }),
      series: [
        {
          type: 'line',
          silent: true,
          symbol: samples.length < 3 ? 'circle' : 'none',
          data: withGaps(samples),
          lineStyle: { color: ink.new, width: 2 },
          itemStyle: { color: ink.new },
          areaStyle: { color: ink.new, opacity: 0.12 },
        },
      ],
    },
  };
}

function summarise(rates: readonly number[]): string {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return `${formatCount(Math.round(mean))} on average, ${formatCount(Math.round(rates.reduce((one, other) => Math.max(one, other), 0)))} at most. Times are UTC.`;
}

/** `[ms since 1970, points per second]`, with an empty value in each pause longer than five usual steps. */
export function withGaps(samples: readonly Sample[]): [number, number | null][] {
  const points = samples.map(({ at, pointsPerSecond }): [number, number] => [Date.parse(at), pointsPerSecond]);
  const steps = points.slice(1).map(([at], before) => at - (points[before]?.[0] ?? at));
  const usual = steps.toSorted((one, other) => one - other)[Math.floor(steps.length / 2)] ?? 0;
  return points.flatMap((point, at): [number, number | null][] => {
    const step = steps[at] ?? 0;
    return step > 5 * usual ? [point, [point[0] + step / 2, null]] : [point];
  });
}
