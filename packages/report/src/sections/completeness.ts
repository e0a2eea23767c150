import type { FidelityCheck, FidelityGate, Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { code, emptyState, longText, pointIds, section, table, vectorName, verdictBadge } from '../page/elements.ts';
import { formatCount } from '../page/format.ts';

const checkTitles = {
  points: 'Points',
  payloads: 'Payloads',
  vectors: 'Vectors',
  'embedded-again': 'Embedded again',
  index: 'Index',
  'ann-recall': 'ANN recall@10',
} as const satisfies Record<FidelityCheck['name'], string>;

/** Whether the new collection is complete and true to the old one, check by check. */
export function fidelitySection(fidelity: FidelityGate | null): SafeHtml {
  const title = 'Fidelity';
  if (fidelity === null) return section('fidelity', title, [emptyState('Not checked yet: the gates have not run.')]);
  if (fidelity.checks.length === 0) return section('fidelity', title, [emptyState('No check was made.')]);
  const rows = fidelity.checks.map(({ name, verdict, message, ids }) => [
    checkTitles[name],
    verdictBadge(verdict),
    html`<div class="prose">${longText(message)}</div>${ids.length === 0 ? null : pointIds(ids)}`,
  ]);
  return section('fidelity', title, [
    table('Is the new collection complete?', [{ title: 'Check' }, { title: 'Verdict' }, { title: 'What was seen' }], rows),
  ]);
}

const setAsideColumns = [{ title: 'Point' }, { title: 'Vector' }, { title: 'Reason' }, { title: 'Accepted' }];

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
  return section('set-aside', title, [table('Points that could not be embedded', setAsideColumns, rows), shown]);
}
