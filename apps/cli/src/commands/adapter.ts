import { writeFile } from 'node:fs/promises';
import type { AdapterHeader } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { loadAdapter, queryAdapterPython, queryAdapterTypeScript } from '@reembed/learned-maps';
import type { Command } from 'commander';
import { type FitOptions, fitFromCollection } from '../adapters/fit-from-collection.ts';
import type { Cli } from '../host.ts';
import { positiveInteger } from '../option-values.ts';
import { count } from '../render/quantities.ts';
import { renderAdapter } from '../render/render-adapter.ts';

export function addAdapter(program: Command, cliOf: () => Cli): void {
  const adapter = program
    .command('adapter')
    .summary('fit, show and export learned maps for the recipe `project`')
    .description("Learned maps from one model's vectors to another's, for the recipe `project`.");
  adapter
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
    .action((options: FitOptions) => fit(cliOf(), options));
  adapter
    .command('show')
    .summary('say what it maps, what it was learnt from, how well it retrieves')
    .description('Says what an adapter maps, what it was learnt from, and how well it retrieves.')
    .argument('<file>', 'the adapter')
    .action((file: string) => show(cliOf(), file));
  adapter
    .command('export')
    .summary('code that applies an adapter to queries')
    .description('Writes code that brings queries of the old model into the space of the mapped documents. It reads the adapter as it is.')
    .argument('<file>', 'the adapter')
    .option('--python <file>', 'a module for numpy')
    .option('--typescript <file>', 'a module without dependencies')
    .action((file: string, options: ExportOptions) => exportCode(cliOf(), file, options));
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
  for (const { out, code } of wanted) await writeFile(out, code);
  const files = wanted.map(({ out }) => out);
  cli.result(
    { files, adapter: header.sha256 },
    () => `${files.join(' and ')}: load_adapter / loadAdapter reads ${file} and answers the function that maps a query.`,
  );
}
