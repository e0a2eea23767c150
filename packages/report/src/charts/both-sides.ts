import type { QualityGate, ScoreDistribution } from '@reembed/contracts';
import { formatLatency, formatScore, formatShare } from '../page/format.ts';
import { type Chart, ink, legend, sides, valueAxis } from './draw-chart.ts';

type Scores = NonNullable<QualityGate['scores']>;

/** Both sides' scores of the first ten hits as histograms of the same area, since their edges may differ. */
export function chartScoreDistributions(scores: Scores): Chart {
  const summary = `Half of the old scores are above ${formatScore(scores.old.p50)}, half of the new above ${formatScore(scores.new.p50)}.`;
  return chartOfScores(scores, sides, { id: 'scores', title: 'Scores of the first ten hits', summary });
}

/** Scores of one side, where the other's are of another kind and cannot stand on the same axis. */
export function chartScoresAlone(scores: Scores, side: keyof Scores, kind: string): Chart {
  return chartOfScores(
    scores,
    sides.filter(({ key }) => key === side),
    {
      id: `scores-${side}`,
      title: `Scores of the first ten hits, ${side} (${kind})`,
      summary: `Half of them are above ${formatScore(scores[side].p50)}.`,
    },
  );
}

function chartOfScores(scores: Scores, shown: readonly (typeof sides)[number][], titles: Pick<Chart, 'id' | 'title' | 'summary'>): Chart {
  return {
    ...titles,
    height: 240,
    option: {
      legend,
      grid: { left: 12, right: 16, top: 32, bottom: 32, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: { ...valueAxis({ name: 'score' }), scale: true, splitLine: { show: false } },
      yAxis: { ...valueAxis({ format: () => '' }) },
      series: shown.map(({ key, name, color, dash }) => ({
        name: `${name} (${dash})`,
        type: 'line' as const,
        step: 'end' as const,
        silent: true,
        symbol: 'none',
        color,
        data: density(scores[key]),
        lineStyle: { color, width: 2, type: dash },
        areaStyle: { color, opacity: 0.15 },
      })),
    },
  };
}

/** A share that may be one of 95 %, as histograms have it. */
const nearly = 0.03;

/** What a threshold set for the old scores would do to the new ones; null: what it does to the old ones. */
export function warnOfThresholds({ old, new: now }: Scores): string | null {
  const share = shareFrom(now, old.p5);
  if (Math.abs(share - 0.95) <= nearly) return null;
  const kept = formatShare(share);
  return `95\u00a0% of the old scores are ${formatScore(old.p5)} or more; of the new ones ${kept} are. A score threshold set for the old model means something else with the new one: set it again, do not carry it over.`;
}

/** Share of a histogram's scores at or above a value, each bin taken as even. */
export function shareFrom({ edges, counts }: ScoreDistribution, value: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const above = counts.map((count, at) => {
    const [from, to] = [edges[at] ?? 0, edges[at + 1] ?? 0];
    if (value <= from) return count;
    return value >= to ? 0 : (count * (to - value)) / (to - from);
  });
  return total === 0 ? 0 : above.reduce((sum, count) => sum + count, 0) / total;
}

/** Corners of the steps: closed to zero at both ends. A bin without width has no density. */
function density({ edges, counts }: ScoreDistribution): number[][] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const steps = counts.map((count, at) => {
    const [from, to] = [edges[at] ?? 0, edges[at + 1] ?? 0];
    return [from, to > from && total > 0 ? count / total / (to - from) : 0];
  });
  return [[edges[0] ?? 0, 0], ...steps, [edges.at(-1) ?? 0, 0]];
}

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
