import type { QualityGate } from '@reembed/contracts';
import { formatLatency } from '../format-numbers.ts';
import { type Chart, ink, legend, sides, valueAxis } from './draw-chart.ts';

type Latency = NonNullable<QualityGate['latencyMs']>;

/** Median and 95th percentile of the indexed searches, side by side. */
export function chartLatency(latency: Latency): Chart {
  const { old, new: now } = latency;
  return {
    id: 'latency',
    title: 'Latency of a search',
    summary: `Median ${formatLatency(old.p50)} before, ${formatLatency(now.p50)} now; one search in twenty takes ${formatLatency(old.p95)} or more before, ${formatLatency(now.p95)} now.`,
    height: 240,
    option: {
      legend,
      grid: { left: 8, right: 64, top: 32, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: valueAxis({ min: 0, format: (ms) => (ms === 0 ? '0' : `${ms} ms`) }),
      yAxis: {
        type: 'category',
        inverse: true,
        data: ['p50', 'p95'],
        axisLabel: { color: ink.label },
        axisLine: { lineStyle: { color: ink.axis } },
        axisTick: { show: false },
      },
      series: sides.map(({ key, name, color }) => ({
        name,
        type: 'bar' as const,
        silent: true,
        barMaxWidth: 26,
        itemStyle: { color },
        label: { show: true, position: 'right' as const, color: ink.label, formatter: ({ value }) => formatLatency(Number(value)) },
        data: [latency[key].p50, latency[key].p95],
      })),
    },
  };
}
