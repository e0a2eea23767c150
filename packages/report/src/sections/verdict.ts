import type { Override, QualityGate, Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { inline, longText, time } from '../elements.ts';
import { formatDifference, formatInterval, formatMetric } from '../format-numbers.ts';
import { metricTitle } from '../metric-title.ts';
import { verdictBadge } from '../verdict-badge.ts';

/** The answer before everything else: verdict, the sentence, the number it rests on, and who overrode what. */
export function verdictBanner({ verdict, headline, gates, overrides }: Report): SafeHtml {
  const badge = gates === null ? verdictBadge('not-measured', 'Not verified yet') : verdictBadge(verdict);
  return html`<section class="verdict ${verdict}" aria-label="Verdict">
<p class="stamp">${badge}</p>
<div class="headline">${longText(headline, { limit: 600 })}</div>
${gates === null ? html`<p>The gates run once the copy is complete and indexed; until then this page shows how far it is.</p>` : [evidence(gates.quality), gateList(gates)]}
${overrides.map(overrideNote)}
</section>`;
}

/** nDCG@10 as the gate judges it. */
function evidence({ metrics }: QualityGate): SafeHtml | null {
  const row = metrics.find(({ metric, mode }) => metric === 'ndcg@10' && mode === 'exact') ?? metrics[0];
  if (row === undefined) return null;
  return html`<p class="evidence">${metricTitle(row)}: old <b>${formatMetric(row.old)}</b>, new <b>${formatMetric(row.new)}</b>, difference <b>${formatDifference(row.difference)}</b> <span class="interval">${formatInterval(row)}</span></p>`;
}

function gateList({ at, fidelity, quality }: NonNullable<Report['gates']>): SafeHtml {
  return html`<ul class="gates"><li>Fidelity ${verdictBadge(fidelity.verdict)}</li><li>Quality ${verdictBadge(quality.verdict)}</li><li class="muted">verified ${time(at)}</li></ul>`;
}

function overrideNote({ gate, by, reason, at }: Override): SafeHtml {
  return html`<div class="override"><p><strong>The ${gate} gate was overridden</strong> by ${inline(by)}, ${time(at)}:</p>${longText(reason)}</div>`;
}
