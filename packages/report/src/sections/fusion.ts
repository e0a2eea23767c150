import type { FusionChoice, FusionWay, QualityGate } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { longText, table } from '../page/elements.ts';
import { formatCounted, formatDifference, formatInterval, formatMetric } from '../page/format.ts';

/** The ways to fuse candidate lists, side by side. */
export function fusionPart({ fusion }: QualityGate): SafeHtml {
  if (fusion === null) return html``;
  const numeric = true;
  const columns = [{ title: 'Asked by' }, { title: 'nDCG@10', numeric }, { title: 'Less what applications will ask', numeric }];
  return html`${table(
    'Ways to fuse',
    columns,
    fusion.ways.map((way) => rowOf(way, fusion)),
  )}
<p class="muted">${basisInWords(fusion)} The best of ${formatCounted(fusion.tried, 'way')} that were tried looks better than it is on the queries that chose it: on the others choosing gains <strong>${formatDifference(fusion.heldOut.difference)}</strong> ${formatInterval(fusion.heldOut)}. The intervals are of 95\u00a0%, each for itself.</p>`;
}

function rowOf({ name, ndcg, gains }: FusionWay, { asked, best }: FusionChoice): (SafeHtml | string)[] {
  const notes = [name === asked ? 'as applications will ask' : null, name === best ? 'finds most' : null].filter((note) => note !== null);
  return [
    html`${longText(name)} <span class="muted">${notes.join(', ')}</span>`,
    formatMetric(ndcg),
    gains === null
      ? '–'
      : html`<strong>${formatDifference(gains.difference)}</strong> <span class="interval">${formatInterval(gains)}</span>`,
  ];
}

function basisInWords({ basis, queries }: FusionChoice): string {
  return basis === 'labels'
    ? `Over ${formatCounted(queries, 'labelled query', 'labelled queries')}, from the same exact lists.`
    : `Over ${formatCounted(queries, 'known item')}, which ask in the words of their own documents: that favours words.`;
}
