import type { Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { code, emptyState, longText, section, table } from '../elements.ts';
import { formatCount } from '../format-numbers.ts';

const columns = [{ title: 'Point' }, { title: 'Vector' }, { title: 'Reason' }, { title: 'Accepted' }];

/** The points that could not be embedded. The list may be the beginning of a longer one. */
export function setAsideSection({ setAside, counts }: Report): SafeHtml {
  const title = 'Set-aside points';
  if (counts.setAside === 0 && setAside.length === 0)
    return section('set-aside', title, [emptyState(counts.compared === 0 ? 'None so far.' : 'None: every point could be embedded.')]);
  const rows = setAside.map(({ id, vector, code: errorCode, reason, accepted }) => [
    code(id.id),
    vectorName(vector),
    html`<div class="prose">${longText(reason)}</div>${code(errorCode)}`,
    accepted ? 'accepted as missing' : 'open',
  ]);
  const shown =
    setAside.length < counts.setAside
      ? html`<p class="muted">The first ${formatCount(setAside.length)} of ${formatCount(counts.setAside)}.</p>`
      : html``;
  return section('set-aside', title, [table('Points that could not be embedded', columns, rows), shown]);
}

/** The unnamed vector has the empty name. */
export function vectorName(name: string): SafeHtml {
  return name === '' ? html`<span class="muted">(unnamed)</span>` : code(name);
}
