import type { Trial, TrialVerdict, Tried, Verdict } from '@reembed/contracts';
import { bytes, dollars, duration } from '@reembed/core';
import { html, type SafeHtml } from '@remix-run/html-template';
import { code, inline, section, table, time, verdictBadge } from './page/elements.ts';
import { formatCount, formatDifference, formatInterval, formatLatency, formatMetric } from './page/format.ts';
import { htmlPage } from './page/html-page.ts';

/** A trial as one HTML page that needs nothing else, as the report of a migration is. */
export function renderTrialPage(trial: Trial): string {
  const { source, collection, at, id } = trial;
  const page = htmlPage(
    `Trial of ${source}`,
    html`<header><p class="eyebrow">Trial of models</p>
<h1>${inline(source)}</h1></header>
<main>${[summary(trial), ...trial.candidates.map(reasonsOf), howItWasTried(trial)]}</main>
<footer><p>Made by reembed, ${time(at)}. Trial ${code(id)}, kept in ${code(collection)}.</p></footer>`,
  );
  return String(page).toWellFormed();
}

const verdicts = { 'worth it': 'pass', 'not shown': 'inconclusive', worse: 'fail' } as const satisfies Record<TrialVerdict, Verdict>;

function badge(verdict: TrialVerdict): SafeHtml {
  return verdictBadge(verdicts[verdict], verdict);
}

function summary({ candidates }: Trial): SafeHtml {
  const numeric = (titles: readonly string[]) => titles.map((title) => ({ title, numeric: true }));
  const found = ['nDCG@10 old', 'new', 'difference', '95 % interval', 'without chosen'];
  const takes = ['price', 'time', 'memory', 'disk', 'search in the sample, p50'];
  // Two tables that fit a page: of one that scrolls, what it costs would be out of sight.
  return section('summary', 'At a glance', [
    table('What they find', [{ title: 'candidate' }, { title: 'verdict' }, ...numeric(found)], candidates.map(foundRow)),
    table('What the whole collection takes', [{ title: 'candidate' }, ...numeric(takes)], candidates.map(takesRow)),
  ]);
}

function foundRow({ name, verdict, ndcg, fairNdcg }: Tried): (SafeHtml | string)[] {
  return [
    ...[inline(name), badge(verdict), formatMetric(ndcg.old), formatMetric(ndcg.new), formatDifference(ndcg.difference)],
    ...[formatInterval(ndcg), formatInterval(fairNdcg)],
  ];
}

function takesRow({ name, whole, latencyMs }: Tried): (SafeHtml | string)[] {
  const { lowSeconds, highSeconds } = whole.time;
  return [
    ...[inline(name), dollars(whole.priceUsd)],
    highSeconds === null ? `from ${duration(lowSeconds)}` : `${duration(lowSeconds)} to ${duration(highSeconds)}`,
    ...[bytes(whole.memoryBytes), bytes(whole.diskBytes), `${formatLatency(latencyMs.old.p50)} → ${formatLatency(latencyMs.new.p50)}`],
  ];
}

function reasonsOf({ name, models, verdict, reasons }: Tried, at: number): SafeHtml {
  return html`<section id="candidate-${at + 1}"><h2>${inline(name)} ${badge(verdict)}</h2><p>${models.map((model) => html`${code(model)} `)}</p>
<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul></section>`;
}

function howItWasTried({ sample, queries, spent, budgetUsd, kept, remarks }: Trial): SafeHtml {
  return section('method', 'How it was tried', [
    html`<p>${formatCount(sample.points)} of ${formatCount(sample.ofPoints)} points: ${formatCount(sample.relevant)} relevant, ${formatCount(sample.neighbours)} that the old vectors find, ${formatCount(sample.random)} by chance; ${formatCount(queries.asked)} ${queries.basis === 'labels' ? 'labelled queries' : 'queries made of documents'}, ${formatCount(queries.independent)} about different documents.</p>`,
    html`<p>In the sample the new model looks better than it is: what only it would mistake is there by chance alone. “Without chosen” leaves out what was drawn because the old model finds it, and favours neither. Price, time and memory are of the whole collection.</p>`,
    html`<p>Spent: ${dollars(spent.priceUsd)} of ${dollars(budgetUsd)}, ${formatCount(spent.tokens)} tokens of ${formatCount(spent.texts)} texts${kept === 0 ? '' : `; ${formatCount(kept)} vectors were there already`}.${spent.priceUnknown.length === 0 ? null : html` Not counted, because its price is not known: ${spent.priceUnknown.map((model) => html`${code(model)} `)}`}</p>`,
    ...remarks.map((remark) => html`<p>${remark}</p>`),
  ]);
}
