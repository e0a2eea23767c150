import type { FidelityCheck, FidelityGate } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { emptyState, longText, pointIds, section, table } from '../elements.ts';
import { verdictBadge } from '../verdict-badge.ts';

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
