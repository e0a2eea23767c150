import { isEstimated, type QualityGate } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { chartLatency, chartScoreDistributions, chartScoresAlone, warnOfThresholds } from '../charts/both-sides.ts';
import { chartQueryDifferences } from '../charts/differences.ts';
import { drawChart } from '../charts/draw-chart.ts';
import { emptyState } from '../page/elements.ts';
import { formatCounted, formatLatency, formatMetric, formatScore, formatShare } from '../page/format.ts';

/** The numbers of all queries drawn: differences, scores and what becomes of a threshold, latency. */
export function plotsPart({ differences, scores, scoreKinds, threshold, latencyMs, equalRecall }: QualityGate): SafeHtml {
  const distributions =
    scores === null
      ? emptyState('Score distributions: not measured, no search had results on both sides.')
      : scorePlots(scores, scoreKinds ?? { old: '', new: '' }, threshold);
  return html`${differences.length === 0 ? null : drawChart(chartQueryDifferences(differences))}
<div class="pair">${distributions}${latencyMs === null ? emptyState('Latency: not measured.') : html`<div>${drawChart(chartLatency(latencyMs))}${equalRecallPart(equalRecall)}</div>`}</div>`;
}

/** Over one another where they can be compared; scores of different kinds stand apart. */
function scorePlots(
  scores: NonNullable<QualityGate['scores']>,
  kinds: NonNullable<QualityGate['scoreKinds']>,
  threshold: QualityGate['threshold'],
): SafeHtml {
  const same = kinds.old === kinds.new;
  const charts = same
    ? [chartScoreDistributions(scores)]
    : (['old', 'new'] as const).map((side) => chartScoresAlone(scores, side, kinds[side]));
  const warning = same
    ? warnOfThresholds(scores)
    : `The scores are of another kind (${kinds.old} old, ${kinds.new} new) and cannot be compared: a score threshold has to be set anew.`;
  const note =
    warning === null
      ? html`<p class="muted">The scores are where they were.</p>`
      : html`<p class="warning"><span aria-hidden="true">⚠</span> ${warning}</p>`;
  return html`<div>${charts.map(drawChart)}${thresholdPart(threshold)}${note}</div>`;
}

function thresholdPart(threshold: QualityGate['threshold']): SafeHtml | null {
  if (threshold === null) return null;
  const { basis, old, new: fresh, lower, upper, wanted } = threshold;
  if (fresh === null || lower === null || upper === null || wanted === null)
    return html`<p>No score threshold of the new model does what ${formatScore(old)} does of the old one: choose one by hand.</p>`;
  const kept =
    basis === 'precision'
      ? `as precise as before (${formatShare(wanted)} of what passes is relevant)`
      : `as many hits as before (${wanted.toFixed(1)} a query)`;
  const between = isEstimated({ lower, upper })
    ? `[${formatScore(lower)}, ${formatScore(upper)}]`
    : '(no interval: the same in every draw)';
  return html`<p>Score threshold: ${formatScore(old)} becomes <strong>${formatScore(fresh)}</strong> <span class="interval">${between}</span>, ${kept}.</p>`;
}

/** A faster search that finds less is no gain. */
function equalRecallPart(equal: QualityGate['equalRecall']): SafeHtml | null {
  if (equal === null) return null;
  const { old, new: fresh, queries, reached } = equal;
  const found = `${formatMetric(old.recall)} old, ${formatMetric(fresh.recall)} new of the ten nearest, over ${formatCounted(queries, 'query', 'queries')}`;
  if (!reached)
    return html`<p class="warning"><span aria-hidden="true">⚠</span> These times are not of equal searches: they find ${found}, and no hnsw_ef brings both to the same.</p>`;
  const of = ({ ef, p50, p95 }: typeof old) => `${formatLatency(p50)} and ${formatLatency(p95)}${ef === null ? '' : ` with hnsw_ef ${ef}`}`;
  return html`<p>At equal recall (${found}) median and 95th percentile are ${of(old)} before, ${of(fresh)} now.</p>`;
}
