import type { Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { chartThroughput } from '../charts/chart-throughput.ts';
import { drawChart } from '../charts/draw-chart.ts';
import { emptyState, section, table, time } from '../elements.ts';
import { formatCount } from '../format-numbers.ts';
import { formatDuration } from '../format-time.ts';

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
  const groups = [...Map.groupBy(phases, ({ phase }) => phase)];
  const columns = [{ title: 'Phase' }, { title: 'Times', numeric: true }, { title: 'Took', numeric: true }];
  const rows = groups.map(([phase, some]) => [
    title(phase),
    formatCount(some.length),
    formatDuration(some.reduce((sum, { tookMs }) => sum + tookMs, 0)),
  ]);
  const course = phases.map(({ phase, from, tookMs }) => [title(phase), time(from), formatDuration(tookMs)]);
  const courseTable = table(
    'Every phase in order',
    [{ title: 'Phase' }, { title: 'Began', numeric: true }, { title: 'Took', numeric: true }],
    course,
  );
  if (groups.length === phases.length) return courseTable;
  return html`${table('Time by phase', columns, rows)}<details class="more-rows"><summary>Every phase in order</summary>${courseTable}</details>`;
}

function title(phase: string): string {
  return `${phase.slice(0, 1).toUpperCase()}${phase.slice(1).replaceAll('-', ' ')}`;
}
