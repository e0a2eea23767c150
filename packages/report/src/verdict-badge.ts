import type { Verdict } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';

const shown = {
  pass: { sign: '✓', word: 'Pass' },
  fail: { sign: '✕', word: 'Fail' },
  inconclusive: { sign: '?', word: 'Inconclusive' },
  'not-measured': { sign: '–', word: 'Not measured' },
} as const satisfies Record<Verdict, { sign: string; word: string }>;

/** A verdict as a word with its sign: colour only repeats what both say. */
export function verdictBadge(verdict: Verdict, word: string = shown[verdict].word): SafeHtml {
  return html`<span class="badge ${verdict}"><span class="sign" aria-hidden="true">${shown[verdict].sign}</span>${word}</span>`;
}
