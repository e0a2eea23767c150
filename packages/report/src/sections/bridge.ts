import type { BridgePoint, Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { type Chart, drawChart, ink, legend, valueAxis } from '../charts/draw-chart.ts';
import { inline, section, table } from '../page/elements.ts';
import { formatCount, formatCounted, formatDifference, formatInterval, formatMetric, formatShare } from '../page/format.ts';

type Measured = BridgePoint & { readonly ndcg: NonNullable<BridgePoint['ndcg']> };

/** What was found over the bridge while a vector was filled in; nothing where it was not asked for. */
export function bridgeSection({ bridge }: Pick<Report, 'bridge'>): SafeHtml[] {
  if (bridge.length === 0) return [];
  const measured = bridge.filter((point): point is Measured => point.ndcg !== null);
  const left = bridge.flatMap(({ failed }) => (failed === null ? [] : [failed]));
  return [
    section('bridge', 'The bridge, while the vector was filled in', [
      html`<p>${inWords(measured)}</p>`,
      ...(measured.length === 0 ? [] : [drawChart(chartBridge(measured)), tableOf(measured)]),
      ...(left.length === 0
        ? []
        : [
            html`<p class="muted">${formatCounted(left.length, 'time')} it could not be measured, the last time because ${inline(left.at(-1) ?? '')}</p>`,
          ]),
    ]),
  ];
}

/** Fewer queries than these tell little: the gates do not judge by them. */
const fewQueries = 50;

/** The moment from which the new vector alone finds as much, as far as it was seen. */
function inWords(measured: readonly Measured[]): string {
  const last = measured.at(-1);
  if (last === undefined) return 'Nothing was measured.';
  const few = last.queries < fewQueries ? ` ${formatCount(last.queries)} queries tell little: look at the intervals.` : '';
  // Once is not from then on: it may fall behind again.
  const even = measured[measured.findLastIndex(({ ndcg }) => ndcg.alone < ndcg.bridge) + 1];
  const moment =
    even === undefined
      ? `${measured.length === 1 ? 'Where' : 'When last'} measured the bridge found more than the new vector alone.`
      : `From ${shareOf(even)} filled on the new vector alone found on average as much as the bridge; before all are filled it still misses every point that lacks it.`;
  return `${moment}${few}`;
}

function shareOf({ filled, points }: BridgePoint): string {
  return formatShare(points === 0 ? 1 : filled / points);
}

function tableOf(measured: readonly Measured[]): SafeHtml {
  const columns = ['Filled', 'Points', 'Queries', 'Old vector', 'Bridge', 'New alone', 'Bridge − old', '95 % interval'];
  const rows = measured.map((point) => [
    shareOf(point),
    `${formatCount(point.filled)} of ${formatCount(point.points)}`,
    formatCount(point.queries),
    ...[point.ndcg.old, point.ndcg.bridge, point.ndcg.alone].map(formatMetric),
    point.gain === null ? '' : formatDifference(point.gain.difference),
    point.gain === null ? '' : formatInterval(point.gain),
  ]);
  return table(
    'nDCG@10 by the share of points that had the vector',
    columns.map((title) => ({ title, numeric: true })),
    rows,
  );
}

const lines = [
  { key: 'old', name: 'Old vector', color: ink.old, dash: 'dashed' },
  { key: 'bridge', name: 'Bridge', color: ink.new, dash: 'solid' },
  { key: 'alone', name: 'New vector alone', color: ink.lost, dash: 'dotted' },
] as const;

export function chartBridge(measured: readonly Measured[]): Chart {
  const last = measured.at(-1);
  return {
    id: 'bridge-curve',
    title: 'nDCG@10 by the share filled, in percent',
    summary:
      last === undefined
        ? 'Nothing was measured.'
        : `At ${shareOf(last)} filled the bridge finds ${formatMetric(last.ndcg.bridge)}, the old vector ${formatMetric(last.ndcg.old)}.`,
    height: 240,
    option: {
      legend,
      grid: { left: 12, right: 16, top: 32, bottom: 32, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: { ...valueAxis({ name: '% filled' }), min: 0, max: 100, interval: 25, splitLine: { show: false } },
      yAxis: valueAxis({ min: 0, format: formatMetric }),
      series: lines.map(({ key, name, color, dash }) => ({
        name: `${name} (${dash})`,
        type: 'line' as const,
        silent: true,
        symbol: 'circle',
        color,
        data: measured.map(({ filled, points, ndcg }) => [points === 0 ? 100 : (100 * filled) / points, ndcg[key]]),
        lineStyle: { color, width: 2, type: dash },
      })),
    },
  };
}
