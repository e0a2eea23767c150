import type { FusionChoice, FusionWay, Report } from '@reembed/contracts';
import { ReembedError, reembed } from '@reembed/core';
import type { Command } from 'commander';
import { parseDocument, stringify } from 'yaml';
import { readKnown } from '../fleet/read-known.ts';
import { loadSpec, readSpecFile } from '../inputs/load-spec.ts';
import { table } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';
import { saveFile } from '../terminal/save-file.ts';
import { migrationId, readsOnly } from './options.ts';

type FusionOptions = { readonly write?: string; readonly way?: string };

export function defineFusion(command: Command, cli: Cli): void {
  command
    .description(
      `Which way of asking the target finds most, as its quality gate measured: each list alone, fused by reciprocal rank with several k and\nweights, or by the distribution of scores. ${readsOnly}`,
    )
    .argument(...migrationId)
    .option('--write <spec>', 'put the way that is advised into search.new of that spec file; comments and the rest of it stay')
    .option('--way <name>', 'another way than the advised one, by its name in the table')
    .action((id: string, options: FusionOptions) => fusion(cli, id, options));
}

async function fusion(cli: Cli, id: string, { write, way: name }: FusionOptions): Promise<void> {
  const report = await readKnown(cli, id, (from) => from.report(id));
  const choice = choiceOf(report);
  if (write === undefined && name === undefined) return cli.result(choice, () => inTable(choice));
  const way = wayToTake(choice, name);
  if (write !== undefined) await writeInto(write, way, report);
  cli.result(choice, () => (write === undefined ? stringify({ search: { new: way.search } }).trimEnd() : written(write, way)));
}

function choiceOf({ gates }: Report): FusionChoice {
  const choice = gates?.quality.fusion ?? null;
  if (choice !== null) return choice;
  throw new ReembedError(
    'invalid-request',
    gates === null
      ? 'nothing has been searched yet: the gates run once the copy is complete and indexed, and on `reembed verify`'
      : 'no fusion was measured: it takes two lists to fuse (search.new.prefetch, or a dense vector beside bm25) and labelled queries (gates.queries, gates.qrels) or known items (gates.knownItems)',
  );
}

/** What is not advised is written only where somebody names it. */
function wayToTake({ ways, advised, best, asked, heldOut }: FusionChoice, name: string | undefined): FusionWay {
  const way = ways.find((one) => one.name === (name ?? best));
  if (way === undefined)
    throw new ReembedError('invalid-request', `--way ${name}: no such way; there are: ${ways.map((one) => one.name).join('; ')}`);
  if (name !== undefined || advised) return way;
  const why =
    best === asked
      ? `${asked}, which applications will ask, finds most`
      : `choosing ${best} is not surely more than ${asked} (${heldOut.difference.toFixed(3)}, ${heldOut.lower.toFixed(3)} to ${heldOut.upper.toFixed(3)})`;
  throw new ReembedError('invalid-request', `nothing is advised: ${why}. --way '${best}' takes it all the same`);
}

/** Throws `invalid-request` where the file is of another migration: the lists would be of other vectors. */
async function writeInto(file: string, { search }: FusionWay, { migration }: Report): Promise<void> {
  const { target } = await loadSpec(file);
  if (target.collection !== migration.target)
    throw new ReembedError(
      'invalid-request',
      `${file} is not of this migration: target.collection is "${target.collection}", not "${migration.target}"`,
    );
  const document = parseDocument(await readSpecFile(file), { intAsBigInt: true });
  document.setIn(['search', 'new'], document.createNode(search));
  await saveFile(file, document.toString());
}

function written(file: string, { name }: FusionWay): string {
  return `search.new of ${file} asks by ${name} now; next: ${reembed('submit', file)} has it measured and shows the code for queries.`;
}

function inTable({ ways, asked, best, heldOut, tried, queries, basis, advised }: FusionChoice): string {
  const difference = ({ gains }: FusionWay) =>
    gains === null ? 'as asked' : `${sign(gains.difference)} (${sign(gains.lower)} to ${sign(gains.upper)})`;
  const rows = ways.map((way) => [way.name, way.ndcg.toFixed(3), difference(way)]);
  return [
    ...table([['way', 'nDCG@10', 'less what search.new asks, 95 % interval'], ...rows]),
    `${best} finds most of ${tried} ways over ${queries} ${basis === 'labels' ? 'labelled queries' : 'known items'}; choosing gains ${sign(heldOut.difference)} (${sign(heldOut.lower)} to ${sign(heldOut.upper)}) over ${asked} on queries that did not choose.`,
    ...(advised ? ['--write <spec> puts it into the spec.'] : ['Nothing is advised by that.']),
  ].join('\n');
}

function sign(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
}
