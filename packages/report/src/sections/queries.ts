import type { ComparedQuery, QualityGate, ShownHit } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { code, emptyState, inline, longText, section, shorten, withoutTowers } from '../page/elements.ts';
import { formatCounted, formatDifference, formatMetric, formatScore } from '../page/format.ts';

/** How many of each kind stand open. */
const open = 1;
const queryInSight = 200;

/** The queries that lost and won most, each with both result lists. */
export function queriesSection(quality: QualityGate | null): SafeHtml {
  const { lost = [], won = [], basis = 'none' } = quality ?? {};
  const title = 'Queries, side by side';
  if (lost.length + won.length === 0) {
    const why = emptyBecause(quality);
    return section('queries', title, [emptyState(`Nothing to compare: ${why}.`)]);
  }
  const labelled = basis === 'labels';
  const toJudge = quality?.changed.length ?? 0;
  return section('queries', title, [
    group(labelled ? 'Lost most' : 'Changed most', 'lost', lost, labelled ? 'No query lost.' : 'No query’s results changed.'),
    ...(labelled || won.length > 0 ? [group('Won most', 'won', won, 'No query won.')] : []),
    toJudge === 0
      ? html``
      : html`<p class="muted">${formatCounted(toJudge, 'query', 'queries')} whose results changed most can be judged by hand: ${code('reembed report <id> --changed judged.csv')} writes both lists.</p>`,
  ]);
}

function emptyBecause(quality: QualityGate | null): string {
  if (quality === null) return 'the gates have not run yet';
  if (quality.basis !== 'none') return 'no query’s results changed';
  return quality.verdict === 'not-measured' ? 'no queries were given' : 'the queries could not be asked';
}

function group(title: string, key: 'lost' | 'won', queries: readonly ComparedQuery[], none: string): SafeHtml {
  return html`<h3>${title}</h3>${queries.length === 0 ? emptyState(none) : queries.map((query, at) => queryPart(query, `${key}-${at + 1}`, at < open))}`;
}

function queryPart(query: ComparedQuery, id: string, isOpen: boolean): SafeHtml {
  const { head, cut } = shorten(withoutTowers(query.text), queryInSight);
  const title =
    head.trim() === '' ? html`<span class="muted">(empty query)</span>` : html`<span dir="auto" lang="">${cut ? `${head}…` : head}</span>`;
  return html`<details class="query" id="${id}"${isOpen ? html` open` : null}>
<summary><span class="asked">${title}</span> <span class="numbers">${numbersOf(query)}</span></summary>
${cut ? html`<div class="body">${longText(query.text, { limit: queryInSight })}</div>` : null}
<p class="body muted">Query ${inline(query.id)}</p>
<div class="lists">${resultList('Old', query)}${resultList('New', query)}</div>
</details>`;
}

function numbersOf({ ndcg, overlap, rbo }: ComparedQuery): SafeHtml {
  const shared = html`<span>overlap ${formatMetric(overlap)}, RBO ${formatMetric(rbo)}</span>`;
  if (ndcg === null) return shared;
  return html`<span>nDCG@10 ${formatMetric(ndcg.old)} → ${formatMetric(ndcg.new)} <strong>${formatDifference(ndcg.new - ndcg.old)}</strong></span> ${shared}`;
}

function resultList(side: 'Old' | 'New', query: ComparedQuery): SafeHtml {
  const [hits, others] = side === 'Old' ? [query.old, query.new] : [query.new, query.old];
  const places = new Map(others.map((hit, at) => [keyOf(hit), at + 1]));
  const items = hits.map((hit, at) => hitPart(hit, moveOf(side, at + 1, places.get(keyOf(hit))), query.ndcg !== null));
  return html`<div class="results"><h4>${side} results</h4>${items.length === 0 ? emptyState('No results.') : html`<ol>${items}</ol>`}</div>`;
}

function keyOf({ id }: ShownHit): string {
  return `${id.kind}:${id.id}`;
}

function hitPart({ id, score, text, relevance }: ShownHit, move: string, labelled: boolean): SafeHtml {
  return html`<li>${longText(text)}
<p class="hit">${labelled ? relevanceTag(relevance) : null} <span class="move">${move}</span> <span>score ${formatScore(score)}</span> ${code(id.id)}</p></li>`;
}

function relevanceTag(relevance: number | null): SafeHtml {
  if (relevance === null) return html`<span class="tag">not judged</span>`;
  return relevance > 0 ? html`<span class="tag relevant">✓ relevant (${relevance})</span>` : html`<span class="tag">not relevant</span>`;
}

/** Where the same point stands in the other list. */
function moveOf(side: 'Old' | 'New', place: number, other: number | undefined): string {
  if (other === undefined) return side === 'Old' ? 'gone' : 'newly found';
  if (other === place) return 'same place';
  if (side === 'Old') return `now ${other}`;
  return other > place ? `↑ from ${other}` : `↓ from ${other}`;
}
