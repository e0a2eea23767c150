import type { PointId, Verdict } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { formatTime } from './format.ts';

/** A part of the page that the table of contents leads to. */
export function section(id: string, title: string, body: readonly SafeHtml[]): SafeHtml {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${[...body]}</section>`;
}

/** What stands where there is nothing to show: why. */
export function emptyState(why: string): SafeHtml {
  return html`<p class="empty">${why}</p>`;
}

/** Longer names are cut: the report as JSON has them whole. */
const nameLimit = 160;

/** A name that a person gave, in one line: of any language and direction, kept from acting on the text around it. */
export function inline(text: string): SafeHtml {
  return html`<bdi lang="">${cutName(text)}</bdi>`;
}

/** A name, an id, a value that machines read. */
export function code(text: string): SafeHtml {
  return html`<code dir="auto">${cutName(text)}</code>`;
}

/** As long as a name may be. */
export function cutName(text: string): string {
  const { head, cut } = shorten(withoutTowers(text), nameLimit);
  return cut ? `${head}…` : head;
}

/** The beginning of a long text, with all of it behind a click. `missing` stands where the text is empty. */
export function longText(given: string, { limit = 280, missing = '(no text)' } = {}): SafeHtml {
  const text = withoutTowers(given);
  if (text.trim() === '') return html`<p class="text muted">${missing}</p>`;
  const { head, cut } = shorten(text, limit);
  if (!cut) return html`<p class="text" dir="auto" lang="">${text}</p>`;
  return html`<details class="whole"><summary><span class="text" dir="auto" lang="">${head}…</span> <span class="more">whole text</span><span class="more less">shorter</span></summary><p class="text pre" dir="auto" lang="">${text}</p></details>`;
}

export type Column = { readonly title: string; readonly numeric?: boolean };

/** A table that scrolls within itself where it is wider than the page. The first cell of a row is its header. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly (SafeHtml | string)[])[]): SafeHtml {
  const head = columns.map(({ title, numeric }) => html`<th scope="col" class="${numeric ? 'number' : ''}">${title}</th>`);
  const body = rows.map((cells) => html`<tr>${cells.map((cell, at) => tableCell(cell, columns[at]?.numeric ?? false, at === 0))}</tr>`);
  // Not a <caption>: that would be as wide as its table, and scroll away with it.
  const id = caption.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return html`<div class="titled"><h3 id="${id}">${caption}</h3>
<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table aria-labelledby="${id}"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div></div>`;
}

function tableCell(cell: SafeHtml | string, numeric: boolean, first: boolean): SafeHtml {
  const kind = numeric ? 'number' : '';
  return first ? html`<th scope="row" class="${kind}">${cell}</th>` : html`<td class="${kind}">${cell}</td>`;
}

/** Ids of points, the first few in sight. */
export function pointIds(ids: readonly PointId[], inSight = 5): SafeHtml {
  const list = (some: readonly PointId[]) => html`<span class="ids">${some.map(({ id }) => html`${code(id)} `)}</span>`;
  if (ids.length <= inSight) return list(ids);
  return html`<details><summary>${list(ids.slice(0, inSight))} and ${ids.length - inSight} more</summary>${list(ids.slice(inSight))}</details>`;
}

/** A moment, in UTC. */
export function time(iso: string): SafeHtml {
  return html`<time datetime="${iso}">${formatTime(iso)}</time>`;
}

/** The unnamed vector has the empty name. */
export function vectorName(name: string): SafeHtml {
  return name === '' ? html`<span class="muted">(unnamed)</span>` : code(name);
}

const badges = {
  pass: { sign: '✓', word: 'Pass' },
  fail: { sign: '✕', word: 'Fail' },
  inconclusive: { sign: '?', word: 'Inconclusive' },
  'not-measured': { sign: '–', word: 'Not measured' },
} as const satisfies Record<Verdict, { sign: string; word: string }>;

/** A verdict as a word with its sign: colour only repeats what both say. */
export function verdictBadge(verdict: Verdict, word: string = badges[verdict].word): SafeHtml {
  return html`<span class="badge ${verdict}"><span class="sign" aria-hidden="true">${badges[verdict].sign}</span>${word}</span>`;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The same text with at most eight marks on a letter: more of them are no writing, and reach over the lines around.
 */
export function withoutTowers(text: string): string {
  return text.replaceAll(/(\p{M}{8})\p{M}+/gu, '$1');
}

/**
 * The beginning of a text, at most `limit` UTF-16 units, never cut inside what readers see as one character.
 * `cut` says whether something is missing.
 */
export function shorten(text: string, limit: number): { readonly head: string; readonly cut: boolean } {
  if (text.length <= limit) return { head: text, cut: false };
  // One character can be endless (stacked accents): such a one is cut hard.
  const last = graphemes.segment(text.slice(0, limit + 64)).containing(limit)?.index ?? limit;
  return { head: text.slice(0, last === 0 ? limit : last).trimEnd(), cut: true };
}
