import type { Report } from '@reembed/contracts';
import type { Command } from 'commander';
import { readKnown } from '../fleet/read-known.ts';
import { count, dollars, duration, table, vectorName } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';
import { renderCompared } from '../terminal/render-compared.ts';
import { saveFile } from '../terminal/save-file.ts';
import { changedLists } from './changed-lists.ts';
import { migrationId, positiveInteger, readsOnly } from './options.ts';

/** What is known before a switch: both collections side by side, and the report. */
export function defineCompare(command: Command, cli: Cli): void {
  command
    .description(
      'Asks the old and the new collection the same queries, each as its applications do, and shows both result lists. Only reads: of\n' +
        'the running coordinator, or else by embedding the queries itself, with the keys of its own environment.',
    )
    .argument(...migrationId)
    .argument('<queries...>', 'queries, each one argument')
    .option('--limit <n>', 'results of each', positiveInteger, 5)
    .action((id: string, queries: string[], { limit }: { limit: number }) => compare(cli, id, queries, limit));
}

export function defineReport(command: Command, cli: Cli): void {
  command
    .description(`The report of a migration: verdict, gates, cost, time, settings. With --json the whole of it. ${readsOnly}`)
    .argument(...migrationId)
    .option('--html <file>', 'write the report there as one HTML page')
    .option('--changed <file>', 'write the result lists that changed most there, .csv or .jsonl, to be judged and named in gates.qrels')
    .action((id: string, files: ReportFiles) => report(cli, id, files));
}

async function compare(cli: Cli, id: string, queries: readonly string[], limit: number): Promise<void> {
  const compared = await readKnown(cli, id, (from) => from.compare(id, queries, limit));
  cli.result(compared, () => compared.queries.map(renderCompared).join('\n\n'));
}

type ReportFiles = { readonly html?: string; readonly changed?: string };

async function report(cli: Cli, id: string, { html, changed }: ReportFiles): Promise<void> {
  const found = await readKnown(cli, id, (from) => from.report(id));
  if (html !== undefined) await saveFile(html, await pageOf(found));
  if (changed !== undefined) await saveFile(changed, changedLists(found, changed));
  cli.result(found, () => inShort(found));
}

/** Loaded when a page is asked for: the chart library is large. */
async function pageOf(found: Report): Promise<string> {
  const { renderReport } = await import('@reembed/report');
  return renderReport(found);
}

function inShort(report: Report): string {
  const { headline, verdict, gates, counts, cost, trial, phases, oldVectors, vectors, overrides } = report;
  const checks = gates?.fidelity.checks.map(({ name, verdict: found, message }) => [name, `${found}: ${message}`]) ?? [];
  const reasons = gates?.quality.reasons.map((reason, at) => [at === 0 ? 'quality' : '', reason]) ?? [];
  return table([
    ['verdict', `${verdict}. ${headline}`],
    [
      'points',
      `source ${count(counts.source)}, target ${count(counts.target)}, set aside ${count(counts.setAside)}, accepted ${count(counts.accepted)}`,
    ],
    ['old vectors', modelsOf(oldVectors)],
    ['new vectors', modelsOf(vectors)],
    ['time', `${took(phases, false)} at work, ${took(phases, true)} at rest`],
    ['cost', `${count(cost.texts)} texts, ${count(cost.tokens)} tokens, ${dollars(cost.usd)}`],
    ...trialRow(trial, cost.kept),
    ...searchesRow(report),
    ...checks,
    ...reasons,
    ...(report.shadow === null ? [] : [['shadow', `${report.shadow.verdict}: ${report.shadow.reasons.join('; ')}`]]),
    ...overrides.map(({ gate, by, reason }) => ['override', `${gate}, by ${by}: ${reason}`]),
  ]).join('\n');
}

/** `the unnamed vector by openai/text-embedding-3-small, "title" (nobody has said)`. */
function modelsOf(vectors: readonly { readonly name: string; readonly recipe?: string; readonly model: string | null }[]): string {
  const all = vectors.map(
    ({ name, recipe, model }) => `${vectorName(name)} ${model === null ? `(${recipe ?? 'nobody has said by what'})` : `by ${model}`}`,
  );
  return all.join(', ') || 'not known';
}

/** What gateways found of real searches: differences, and no verdict. */
function searchesRow({ searches }: Report): string[][] {
  if (searches === null) return [];
  const { shadow, split } = searches;
  const compared = shadow.old.searches;
  const agreed = (sum: number) => `${Math.round((100 * sum) / compared)} %`;
  const both = `${count(compared)} asked of both sides: ${agreed(shadow.agreedAt1)} of first places agree, ${agreed(shadow.agreedAt10)} of the first ten`;
  const sides = `${count(split.old.searches)} answered by the old side and ${count(split.new.searches)} by the new one`;
  return [
    ...(compared === 0 ? [] : [['searches', `${both}; without a result old ${count(shadow.old.empty)}, new ${count(shadow.new.empty)}`]]),
    ...(split.old.searches + split.new.searches === 0 ? [] : [['split', sides]]),
  ];
}

function trialRow(trial: Report['trial'], kept: number): string[][] {
  if (trial === null) return [];
  const { id, points, verdict, savedUsd } = trial;
  const saved = savedUsd === null ? '' : `, which saved about ${dollars(savedUsd)}`;
  return [
    [
      'trial',
      `${id}${verdict === null ? '' : `: ${verdict}`}, on ${count(points)} points; ${count(kept)} vectors were taken from it${saved}`,
    ],
  ];
}

/** Waiting is no work: for a person's word, or for a provider, Qdrant or workers that are away. */
function took(phases: Report['phases'], rested: boolean): string {
  const ms = phases.map(({ idle, tookMs, waitedMs }) => (rested ? waitedMs : 0) + (idle === rested ? tookMs : 0));
  return duration(ms.reduce((sum, one) => sum + one, 0) / 1_000);
}
