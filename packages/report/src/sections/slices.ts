import type { QualityGate, QualitySlice } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { inline, table, verdictBadge } from '../page/elements.ts';
import { formatCount, formatDifference, formatInterval, formatMetric } from '../page/format.ts';

/** nDCG@10 within each slice: what is good overall may be bad in one. */
export function slicesPart({ slices }: QualityGate): SafeHtml {
  const judged = slices.filter(({ verdict }) => verdict !== 'not-measured');
  if (slices.length === 0) return html``;
  const numeric = true;
  const columns = [
    { title: 'Slice' },
    { title: 'Verdict' },
    { title: 'Queries', numeric },
    { title: 'Old', numeric },
    { title: 'New', numeric },
    { title: `Difference, ${levelOf(judged)} interval`, numeric },
  ];
  const rows = slices.map((slice) => [
    inline(nameOf(slice)),
    slice.verdict === 'not-measured' ? verdictBadge(slice.verdict, 'Too few queries') : verdictBadge(slice.verdict),
    queriesOf(slice),
    formatMetric(slice.old),
    formatMetric(slice.new),
    slice.verdict === 'not-measured' ? formatDifference(slice.difference) : withInterval(slice),
  ]);
  return html`${table('nDCG@10 by slice', columns, rows)}
<p class="muted">${formatCount(judged.length)} of ${formatCount(slices.length)} rows are judged, with intervals wide enough for all of them at once (Bonferroni). Slices with fewer than 50 labelled queries about different documents are not judged by themselves.</p>`;
}

function withInterval(slice: QualitySlice): SafeHtml {
  const indexed = slice.mode === 'indexed' ? html` <span class="muted">indexed</span>` : null;
  return html`<strong>${formatDifference(slice.difference)}</strong> <span class="interval">${formatInterval(slice)}</span>${indexed}`;
}

function queriesOf({ queries, independent }: QualitySlice): string {
  return independent === queries ? formatCount(queries) : `${formatCount(queries)} about ${formatCount(independent)} documents`;
}

function nameOf({ field, value }: QualitySlice): string {
  return value === null ? `${field}: all small ones together` : `${field}: ${value}`;
}

/** All that are judged share a level. */
function levelOf([first]: readonly QualitySlice[]): string {
  return `${Number((100 * (first?.level ?? 0.95)).toFixed(2))}\u00a0%`;
}
