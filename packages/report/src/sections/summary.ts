import type { FindingKind, Override, QualityGate, Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { emptyState, inline, longText, pointIds, section, table, time, verdictBadge } from '../page/elements.ts';
import {
  formatCount,
  formatCounted,
  formatDifference,
  formatDuration,
  formatInterval,
  formatMetric,
  formatUsd,
  metricTitle,
} from '../page/format.ts';

/** The answer before everything else: verdict, the sentence, the number it rests on, and who overrode what. */
export function verdictBanner({ verdict, headline, gates, shadow, overrides }: Report): SafeHtml {
  const unverified = gates === null && verdict === 'not-measured';
  const badge = unverified ? verdictBadge(verdict, 'Not verified yet') : verdictBadge(verdict);
  return html`<section class="verdict ${verdict}" aria-label="Verdict">
<p class="stamp">${badge}</p>
<div class="headline">${longText(headline, { limit: 600 })}</div>
${gates === null ? html`<p>${noGates(unverified)}</p>` : [evidence(gates.quality), gateList(gates, shadow)]}
${overrides.map(overrideNote)}
</section>`;
}

/** The verdicts are kept with the migration, their numbers in Redis. */
function noGates(unverified: boolean): string {
  return unverified
    ? 'The gates run once the copy is complete and indexed; until then this page shows how far it is.'
    : 'The numbers behind this are not there any more: reembed verify measures them again.';
}

/** nDCG@10 as the gate judges it. */
function evidence({ metrics }: QualityGate): SafeHtml | null {
  const row = metrics.find(({ metric, mode }) => metric === 'ndcg@10' && mode === 'exact') ?? metrics[0];
  if (row === undefined) return null;
  return html`<p class="evidence">${metricTitle(row)}: old <b>${formatMetric(row.old)}</b>, new <b>${formatMetric(row.new)}</b>, difference <b>${formatDifference(row.difference)}</b> <span class="interval">${formatInterval(row)}</span></p>`;
}

function gateList({ at, fidelity, quality }: NonNullable<Report['gates']>, shadow: Report['shadow']): SafeHtml {
  const searches = shadow === null ? null : html`<li>Searches agree ${verdictBadge(shadow.verdict)}</li>`;
  return html`<ul class="gates"><li>Fidelity ${verdictBadge(fidelity.verdict)}</li><li>Quality ${verdictBadge(quality.verdict)}</li>${searches}<li class="muted">verified ${time(at)}</li></ul>`;
}

function overrideNote({ gate, by, reason, at }: Override): SafeHtml {
  return html`<div class="override"><p><strong>The ${gate} gate was overridden</strong> by ${inline(by)}, ${time(at)}:</p>${longText(reason)}</div>`;
}

const findingTitles = {
  missing: 'Missing in the new collection',
  extra: 'In the new collection only',
  'payload-differs': 'Payload differs',
  'vector-missing': 'Vector missing',
  'vector-not-finite': 'Vector with NaN or infinity',
  'vector-zero': 'Vector of zeros',
  'vector-differs': 'Copied vector differs',
} as const satisfies Record<FindingKind, string>;

/** Counts, cost and time at a glance, then what the last comparison found. */
export function summarySection(report: Report): SafeHtml {
  return section('summary', 'At a glance', [html`<dl class="cards">${cardsOf(report)}</dl>`, findingsPart(report.counts)]);
}

function cardsOf({ counts, cost, trial, phases }: Report): SafeHtml[] {
  const over = (of: (phase: Report['phases'][number]) => number) => phases.reduce((sum, phase) => sum + of(phase), 0);
  const worked = over(({ idle, tookMs }) => (idle ? 0 : tookMs));
  const idle = over((phase) => phase.waitedMs + (phase.idle ? phase.tookMs : 0));
  const { setAside, accepted } = counts;
  return [
    card('Points', formatCount(counts.target), `of ${formatCount(counts.source)} in the old collection`),
    card('Set aside', formatCount(setAside + accepted), asideNote(setAside, accepted)),
    card('Texts embedded', formatCount(cost.texts), embeddedNote(cost, trial)),
    card('Cost', ...costOf(cost)),
    card(
      'Time at work',
      phases.length === 0 ? 'not begun' : formatDuration(worked),
      idle ? `and ${formatDuration(idle)} at rest` : formatCounted(phases.length, 'phase'),
    ),
  ];
}

function asideNote(open: number, accepted: number): string {
  if (open + accepted === 0) return 'none so far';
  return open === 0 ? 'all accepted as missing' : `${formatCount(accepted)} accepted as missing, ${formatCount(open)} open`;
}

function embeddedNote({ tokens, kept }: Report['cost'], trial: Report['trial']): string {
  const from = trial === null ? 'an earlier target' : trialInWords(trial);
  const taken = kept === 0 ? '' : `; ${formatCounted(kept, 'vector')} taken from ${from}`;
  return `${formatCounted(tokens, 'token')}${taken}`;
}

function trialInWords({ id, points, verdict, savedUsd }: NonNullable<Report['trial']>): string {
  const saved = savedUsd === null ? '' : `, which saved about ${formatUsd(savedUsd)}`;
  return `${id} (${formatCounted(points, 'point')} tried${verdict === null ? '' : `: ${verdict}`})${saved}`;
}

function costOf({ usd, texts }: Report['cost']): [figure: string, note: string] {
  if (usd !== null) return [formatUsd(usd), 'what the provider is likely to charge'];
  return texts === 0 ? ['none', 'nothing was embedded'] : ['not priced', 'no price is known for the model'];
}

function card(title: string, figure: string, note: string): SafeHtml {
  return html`<div class="card"><dt>${title}</dt><dd><span class="figure">${figure}</span> <span class="note">${note}</span></dd></div>`;
}

function findingsPart({ compared, findings }: Report['counts']): SafeHtml {
  if (compared === 0) return emptyState('Nothing has been compared yet: the first comparison follows the copy.');
  const found = findings.filter(({ count }) => count > 0);
  if (found.length === 0) return html`<p class="fine">${formatCounted(compared, 'point')} compared on both sides: no difference.</p>`;
  const rows = found.map(({ kind, count, ids }) => [findingTitles[kind], formatCount(count), pointIds(ids)]);
  const columns = [{ title: 'Difference' }, { title: 'Points', numeric: true }, { title: 'Ids, the first few' }];
  return table(`Differences among ${formatCounted(compared, 'point')} compared`, columns, rows);
}
