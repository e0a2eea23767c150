import type { Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { type Chart, drawChart, ink, valueAxis } from '../charts/draw-chart.ts';
import { emptyState, section, table, time } from '../page/elements.ts';
import { formatCount, formatDuration } from '../page/format.ts';

type PhaseTime = Report['phases'][number];

/** How long each phase took, and how fast points went through. */
export function timeSection({ phases, throughput }: Report): SafeHtml {
  return section('time', 'Time', [
    phases.length === 0 ? emptyState('No phase has begun.') : phasesPart(phases),
    throughput.length === 0
      ? emptyState('Throughput: nothing was measured, no pass has run long enough.')
      : drawChart(chartThroughput(throughput)),
  ]);
}

/** A migration that syncs for days enters the same phases over and over: sums first, the course behind a click. */
function phasesPart(phases: readonly PhaseTime[]): SafeHtml {
  const groups = [...Map.groupBy(phases, title)];
  const hasWaited = phases.some(({ waitedMs }) => waitedMs > 0);
  const times = (some: readonly PhaseTime[]) => {
    const over = (of: (phase: PhaseTime) => number) => formatDuration(some.reduce((sum, phase) => sum + of(phase), 0));
    return [over(({ tookMs }) => tookMs), ...(hasWaited ? [over(({ waitedMs }) => waitedMs)] : [])];
  };
  const titles = [{ title: 'Took', numeric: true }, ...(hasWaited ? [{ title: 'Waited for others', numeric: true }] : [])];
  const rows = groups.map(([name, some]) => [name, formatCount(some.length), ...times(some)]);
  const course = phases.map((phase) => [title(phase), time(phase.from), ...times([phase])]);
  const courseTable = table('Every phase in order', [{ title: 'Phase' }, { title: 'Began', numeric: true }, ...titles], course);
  const columns = [{ title: 'Phase' }, { title: 'Times', numeric: true }, ...titles];
  if (groups.length === phases.length) return courseTable;
  return html`${table('Time by phase', columns, rows)}<details class="more-rows"><summary>Every phase in order</summary>${courseTable}</details>`;
}

/** Where it waited for a word, or was to do nothing any more, is no time that it took. */
function title({ phase, idle }: PhaseTime): string {
  const name = `${phase.slice(0, 1).toUpperCase()}${phase.slice(1).replaceAll('-', ' ')}`;
  return idle ? `${name} (at rest)` : name;
}

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
