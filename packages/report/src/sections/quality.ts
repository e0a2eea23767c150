import type { MetricRow, QualityGate, SearchSystem } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { chartMetricIntervals } from '../charts/differences.ts';
import { drawChart } from '../charts/draw-chart.ts';
import { emptyState, longText, section, table, verdictBadge } from '../page/elements.ts';
import { formatCount, formatCounted, formatDifference, formatInterval, formatMetric, formatShare, metricTitle } from '../page/format.ts';
import { fusionPart } from './fusion.ts';
import { plotsPart } from './plots.ts';
import { slicesPart } from './slices.ts';

/** Whether search got better, in numbers with their uncertainty; where that is unknown, why. */
export function qualitySection(quality: QualityGate | null): SafeHtml {
  if (quality === null) return section('quality', 'Search quality', [emptyState('Not measured yet: the gates have not run.')]);
  const parts =
    quality.queries === 0 && quality.knownItems === null
      ? []
      : [metricsPart(quality), slicesPart(quality), systemsPart(quality), fusionPart(quality), similarityPart(quality), plotsPart(quality)];
  return section('quality', 'Search quality', [
    html`<p class="lead">${verdictBadge(quality.verdict)} ${basisOf(quality)}</p>`,
    reasonsOf(quality),
    ...parts,
  ]);
}

function basisOf({ basis, labelled, queries: given, knownItems, verdict }: QualityGate): string {
  // Where no others are given, results are compared over the known items.
  const queries = given === 0 ? (knownItems?.queries ?? 0) : given;
  switch (basis) {
    case 'labels':
      return `Judged on ${formatCounted(labelled, 'labelled query', 'labelled queries')} of ${formatCount(queries)}, each asked as applications will ask it.`;
    case 'same-space':
      return `No labels. The new vectors come from the old ones, so the old results are the measure: how much of them stays, over ${formatCounted(queries, 'query', 'queries')}.`;
    case 'difference':
      return `No labels. ${formatCounted(queries, 'query', 'queries')} show how different the results are, not whether they are better.`;
    case 'none':
      return verdict === 'not-measured'
        ? 'Not measured. That blocks nothing by itself; queries with judgements (gates.queries and gates.qrels) would measure it.'
        : 'Queries were given, and could not be asked:';
  }
}

function reasonsOf({ reasons }: QualityGate): SafeHtml {
  return reasons.length === 0 ? html`` : html`<ul class="reasons">${reasons.map((reason) => html`<li>${longText(reason)}</li>`)}</ul>`;
}

function metricsPart({ metrics, detectable, judged, labelled }: QualityGate): SafeHtml {
  if (metrics.length === 0) return emptyState('No metrics: they need queries with judgements (gates.qrels).');
  const notes = [
    judged === null
      ? null
      : `Judged among the first ten: old ${formatShare(judged.old)}, new ${formatShare(judged.new)}. What nobody judged counts as not relevant.`,
    detectable === null
      ? null
      : `${formatCounted(labelled, 'query', 'queries')} show a difference of ${formatMetric(detectable)} or more (80\u00a0% power).`,
  ];
  return html`<div class="pair metrics">${metricsTable(metrics)}${drawChart(chartMetricIntervals(metrics))}</div>
${notes.map((note) => (note === null ? null : html`<p class="muted">${note}</p>`))}`;
}

function metricsTable(metrics: readonly MetricRow[]): SafeHtml {
  const numeric = true;
  const columns = [
    { title: 'Metric' },
    { title: 'Old', numeric },
    { title: 'New', numeric },
    { title: 'Difference, 95\u00a0% interval', numeric },
  ];
  const rows = metrics.map((row) => [
    metricTitle(row),
    formatMetric(row.old),
    formatMetric(row.new),
    html`<strong>${formatDifference(row.difference)}</strong> <span class="interval">${formatInterval(row)}</span>`,
  ]);
  return html`<div>${table('Metrics, means over all labelled queries', columns, rows)}
<p class="muted">Exact compares every vector and shows the model; indexed searches as applications do and adds the index’s own error. The interval is of the difference: paired bootstrap over the queries; there is none where every query differs by the same.</p></div>`;
}

/** The target asked in parts: dense, sparse and fused side by side. */
function systemsPart({ systems, labelled }: QualityGate): SafeHtml {
  if (systems.length === 0) return html``;
  const numeric = true;
  const metrics = [
    { title: 'nDCG@10', numeric },
    { title: 'Recall@10', numeric },
    { title: 'MRR@10', numeric },
    { title: 'Fused less this, nDCG@10', numeric },
  ];
  const columns = [
    { title: 'The target asked by' },
    ...(labelled > 0 ? metrics : []),
    { title: 'Overlap@10 with fused', numeric },
    { title: 'Finds nothing for', numeric },
  ];
  const rows = systems.map((system) => [
    html`${longText(system.name)}${system.asked ? html` <span class="muted">as applications will ask</span>` : null}`,
    ...(labelled > 0 ? metricCells(system) : []),
    formatMetric(system.overlap),
    formatCounted(system.empty, 'query', 'queries'),
  ]);
  return html`${table('Parts and fusion', columns, rows)}
<p class="muted">Each candidate list alone, point by point, beside what fusing or ranking them anew makes of them; exact. A part that finds nothing hides behind the other.</p>`;
}

function metricCells({ metrics, wholeGains: gains }: SearchSystem): (SafeHtml | string)[] {
  const means = metrics === null ? ['–', '–', '–'] : [metrics.ndcg, metrics.recall, metrics.mrr].map(formatMetric);
  if (gains === null) return [...means, '–'];
  return [...means, html`<strong>${formatDifference(gains.difference)}</strong> <span class="interval">${formatInterval(gains)}</span>`];
}

/** What can be said without labels: queries made of the points, and how much of the result lists is shared. */
function similarityPart({ knownItems, overlap, rbo }: QualityGate): SafeHtml {
  const numeric = true;
  const known =
    knownItems === null
      ? []
      : [
          [
            'Known items, MRR',
            formatMetric(knownItems.mrr.old),
            formatMetric(knownItems.mrr.new),
            formatDifference(knownItems.mrr.new - knownItems.mrr.old),
          ],
          [
            'Known items, recall@10',
            formatMetric(knownItems.recall.old),
            formatMetric(knownItems.recall.new),
            formatDifference(knownItems.recall.new - knownItems.recall.old),
          ],
        ];
  const shared = [
    overlap === null ? null : `overlap@10 ${formatMetric(overlap)}`,
    rbo === null ? null : `rank-biased overlap ${formatMetric(rbo)}`,
  ].filter((part) => part !== null);
  const columns = [
    { title: 'Queries made of the points' },
    { title: 'Old', numeric },
    { title: 'New', numeric },
    { title: 'Difference', numeric },
  ];
  return html`${shared.length === 0 ? null : html`<p>New results against old: ${shared.join(', ')} (1 would be the same results). A difference, not a grade.</p>`}
${knownItems === null ? null : html`${table('Known items: how high each point’s own query finds it', columns, known)}<p class="muted">${formatCounted(knownItems.queries, 'query', 'queries')} made of the points themselves.</p>`}`;
}
