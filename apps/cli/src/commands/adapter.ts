import type { AdapterHeader } from '@reembed/contracts';
import { harmfulInWords, isHarmful, ReembedError } from '@reembed/core';
import { loadAdapter, queryAdapterPython, queryAdapterTypeScript } from '@reembed/learned-maps';
import type { Command } from 'commander';
import { count, table } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';
import { saveFile } from '../terminal/save-file.ts';
import { type FitOptions, fitFromCollection } from './fit-adapter.ts';
import { positiveInteger } from './options.ts';

export function defineAdapter(command: Command, cli: Cli): void {
  command.description("Learned maps from one model's vectors to another's, for the recipe `project`.");
  command
    .command('fit')
    .summary('learn a map from a sample')
    .description(
      'Embeds a sample of a collection of QDRANT_URL with the new model, fits ridge and orthogonal Procrustes, and keeps the one that\n' +
        'retrieves better on pairs it has not seen. The price is said first; the key of the provider is read from the environment.',
    )
    .requiredOption('--source <collection>', 'the collection, or an alias of it')
    .option('--vector <name>', 'its vector that is mapped', '')
    .requiredOption('--model <provider/name>', 'the new model')
    .requiredOption('--text <template>', 'what the new model embeds, such as "{{title}}"')
    .option('--sample <points>', 'points to embed; five to ten times the dimensions are wanted', positiveInteger, 10_000)
    .option('--stratify <field>', 'a payload field whose values get equal shares, such as a language')
    .option('--seed <text>', 'draws another sample', 'reembed')
    .option('--queries <file>', 'labelled queries, to judge both fits by nDCG@10: JSONL or CSV')
    .option('--qrels <file>', 'their judgements: TSV or CSV')
    .option('--document-field <field>', 'the payload field that holds the id of a document in them; without it the id of the point')
    .option('--price', 'say what it costs, and end')
    .requiredOption('--out <file>', 'the adapter, best in the directory of REEMBED_FILES')
    .action((options: FitOptions) => fit(cli, options));
  command
    .command('show')
    .summary('say what it maps, what it was learnt from, how well it retrieves')
    .description('Says what an adapter maps, what it was learnt from, and how well it retrieves.')
    .argument('<file>', 'the adapter')
    .action((file: string) => show(cli, file));
  command
    .command('export')
    .summary('code that applies an adapter to queries')
    .description('Writes code that brings queries of the old model into the space of the mapped documents. It reads the adapter as it is.')
    .argument('<file>', 'the adapter')
    .option('--python <file>', 'a module for numpy')
    .option('--typescript <file>', 'a module without dependencies')
    .action((file: string, options: ExportOptions) => exportCode(cli, file, options));
}

async function fit(cli: Cli, options: FitOptions): Promise<void> {
  const result = await fitFromCollection(cli, options);
  if (result === null) return;
  const { header, skipped, tokens } = result;
  cli.result({ adapter: header, skipped, tokens, file: options.out }, () =>
    [
      `${options.out} is written; ${count(tokens)} tokens were embedded${skipped === 0 ? '' : `, ${count(skipped)} points had no text, no vector, or were refused`}.`,
      ...renderAdapter(header),
    ].join('\n'),
  );
}

async function show(cli: Cli, file: string): Promise<void> {
  const header: AdapterHeader = (await loadAdapter(file)).header;
  cli.result(header, () => renderAdapter(header).join('\n'));
}

type ExportOptions = { readonly python?: string; readonly typescript?: string };

async function exportCode(cli: Cli, file: string, { python, typescript }: ExportOptions): Promise<void> {
  const wanted = [
    ...(python === undefined ? [] : [{ out: python, code: queryAdapterPython }]),
    ...(typescript === undefined ? [] : [{ out: typescript, code: queryAdapterTypeScript }]),
  ];
  if (wanted.length === 0) throw new ReembedError('invalid-request', 'name what to write: --python <file>, --typescript <file>, or both');
  const { header } = await loadAdapter(file);
  for (const { out, code } of wanted) await saveFile(out, code);
  const files = wanted.map(({ out }) => out);
  cli.result(
    { files, adapter: header.sha256 },
    () => `${files.join(' and ')}: load_adapter / loadAdapter reads ${file} and answers the function that maps a query.`,
  );
}

/** An adapter for people: what it maps, what it was learnt from, and both fits on the pairs neither has seen. */
function renderAdapter({ kind, from, to, source, fit, normalise, createdAt, sha256 }: AdapterHeader): string[] {
  const strata = Object.entries(fit.strata).map(([value, pairs]) => `${value || '(none)'} ${count(pairs)}`);
  const judged = fit.trueNdcgAt10;
  const rows = (['ridge', 'procrustes', 'kernel'] as const).flatMap((name) => {
    const scores = fit.scores[name];
    if (scores === undefined) return [];
    const { overlapAt10, ndcgAt10 } = scores;
    return [[name, share(overlapAt10), ...(ndcgAt10 === null ? [] : [ndcgAt10.toFixed(3)]), name === kind ? 'kept' : '']];
  });
  return [
    ...table([
      ['from', `${from.model ?? 'a model nobody has named'}, ${from.dimensions} dimensions`],
      ['to', `${to.model}, ${to.dimensions} dimensions${normalise ? ', length 1' : ''}, of ${JSON.stringify(to.text)}`],
      ['learnt from', `${count(fit.pairs)} pairs of "${source.collection}", vector "${source.vector}", ${createdAt}, seed ${fit.seed}`],
      ...(fit.stratify === null ? [] : [['stratified', `by ${fit.stratify}: ${strata.join(', ')}`]]),
      ['sha256', sha256],
    ]),
    `On ${count(fit.heldOut)} pairs that were kept out of the fit:`,
    ...table([['fit', 'overlap@10 with true vectors', ...(judged === null ? [] : ['nDCG@10']), ''], ...rows]),
    ...(judged === null ? [] : [`True vectors have nDCG@10 ${judged.toFixed(3)}.`]),
    ...(isHarmful({ kind, fit }) ? [harmfulInWords({ kind, fit })] : []),
    ...(fit.pairs < 5 * from.dimensions
      ? [`${count(fit.pairs)} pairs are few for ${from.dimensions} dimensions: five to ten times as many as dimensions make a better map.`]
      : []),
  ];
}

function share(value: number): string {
  return value.toFixed(2);
}
