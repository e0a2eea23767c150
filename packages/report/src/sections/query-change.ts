import { html, type SafeHtml } from '@remix-run/html-template';
import { emptyState, longText, section } from '../elements.ts';

/** What applications have to change, and when. */
export function queryChangeSection(changes: readonly string[]): SafeHtml {
  const body =
    changes.length === 0
      ? emptyState('Nothing: applications go on asking as they do.')
      : html`<ol class="changes">${changes.map((change) => html`<li>${longText(change, { limit: 1000 })}</li>`)}</ol>`;
  return section('query-change', 'What to change where you search', [body]);
}
