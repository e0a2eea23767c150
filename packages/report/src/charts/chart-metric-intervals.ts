import type { MetricRow } from '@reembed/contracts';
import type { CustomSeriesOption } from 'echarts/charts';
import { metricTitle } from '../metric-title.ts';
import { type Chart, ink, valueAxis } from './draw-chart.ts';

/** Each metric's difference as a point with its 95 % interval, beside the line of no change. */
export function chartMetricIntervals(rows: readonly MetricRow[]): Chart {
  return {
    id: 'intervals',
    title: 'New minus old, with 95 % intervals',
    summary: summarise(rows),
    height: 56 + 34 * rows.length,
    option: {
      grid: { left: 8, right: 16, top: 8, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: { ...valueAxis({ format: (value) => `${value}`.replace('-', '\u2212') }), scale: false },
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

/** An interval on one side of zero is a difference; one across it may be chance. */
function summarise(rows: readonly MetricRow[]): string {
  const better = rows.filter(({ lower }) => lower > 0).length;
  const worse = rows.filter(({ upper }) => upper < 0).length;
  const open = rows.length - better - worse;
  return `Of ${rows.length} metrics ${better} are better and ${worse} worse beyond chance; ${open} allow both.`;
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
