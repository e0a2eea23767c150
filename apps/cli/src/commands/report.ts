import { writeFile } from 'node:fs/promises';
import type { CompareReply, Report } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { Command } from 'commander';
import { readKnown } from '../fleet/read-known.ts';
import { count, dollars, table } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';
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
    .action((id: string, { html }: { html?: string }) => report(cli, id, html));
}

async function compare(cli: Cli, id: string, queries: readonly string[], limit: number): Promise<void> {
  const compared = await readKnown(cli, id, (from) => from.compare(id, queries, limit));
  cli.result(compared, () => compared.queries.map(renderCompared).join('\n\n'));
}

function renderCompared({ query, old, new: fresh }: CompareReply['queries'][number]): string {
  const rows = (side: string, hits: typeof old) =>
    hits.map(({ id, score, text }, at) => [at === 0 ? side : '', String(at + 1), id.id, score.toFixed(4), text]);
  return [`"${query}"`, ...table([...rows('old', old), ...rows('new', fresh)])].join('\n');
}

async function report(cli: Cli, id: string, html: string | undefined): Promise<void> {
  const found = await readKnown(cli, id, (from) => from.report(id));
  if (html !== undefined) await save(html, await pageOf(found));
  cli.result(found, () => inShort(found));
}

/** Loaded when a page is asked for: the chart library is large. */
async function pageOf(found: Report): Promise<string> {
  const { renderReport } = await import('@reembed/report');
  return renderReport(found);
}

async function save(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: Error) => {
    throw new ReembedError('invalid-request', `${file} cannot be written: ${cause.message}`, { cause });
  });
}

function inShort({ headline, verdict, gates, counts, cost, overrides }: Report): string {
  const checks = gates?.fidelity.checks.map(({ name, verdict: found, message }) => [name, `${found}: ${message}`]) ?? [];
  const reasons = gates?.quality.reasons.map((reason, at) => [at === 0 ? 'quality' : '', reason]) ?? [];
  return table([
    ['verdict', `${verdict}. ${headline}`],
    ['points', `source ${count(counts.source)}, target ${count(counts.target)}, set aside ${count(counts.setAside)}`],
    ['cost', `${count(cost.texts)} texts, ${count(cost.tokens)} tokens, ${dollars(cost.usd)}`],
    ...checks,
    ...reasons,
    ...overrides.map(({ gate, by, reason }) => ['override', `${gate}, by ${by}: ${reason}`]),
  ]).join('\n');
}
