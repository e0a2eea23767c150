import { ReembedError, type TwoStepRequest, twoStepSpec } from '@reembed/core';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { connectQdrant } from '../inputs/connect-qdrant.ts';
import type { Cli } from '../terminal/host.ts';
import { type InitOptions, initCollection } from './init-collection.ts';

export function defineInit(command: Command, cli: Cli): void {
  command
    .description(
      'Writes a spec for a collection of the Qdrant of QDRANT_URL, to begin with: reads some points, says which fields hold text, which program wrote them\n' +
        'and which model made their vectors, shows the texts that a template gives, and asks. Only reads. The spec goes to stdout: reembed init docs > spec.yaml',
    )
    .argument('[collection]', 'a collection, or an alias')
    .option('--yes', 'ask nothing: take what was found')
    .option('--new-model <provider/name>', 'what makes the new vectors')
    .option('--template <text>', 'the text that is embedded; default: as the program that wrote the points has it, or the longest field')
    .option('--target <collection>', 'the new collection; default: the next number of the old name')
    .option('--old-model <models...>', 'models that may have made the old vectors, beside those with a key here', [])
    .action((collection: string | undefined, options: InitOptions) => {
      if (collection === undefined) throw new ReembedError('invalid-request', 'name a collection, such as `reembed init docs`');
      return initCollection(cli, collection, options);
    });
  command
    .command('two-step')
    .summary('keep the old vectors beside the new one, and move applications one by one')
    .description(
      'Prints the spec of a two-step switch: every vector of the source is kept, one is added. The alias moves while every application goes on\n' +
        'querying the old vector; then applications change `using`, one by one; the old vector goes last.',
    )
    .requiredOption('--source <alias>', 'the alias that readers use, or the collection where one alias points at it')
    .requiredOption('--model <provider/name>', 'what makes the new vector')
    .requiredOption('--text <template>', 'the text that is embedded, "{{title}}\\n\\n{{body}}"')
    .option('--vector <name>', 'the name of the new vector', 'new')
    .action((options: TwoStepRequest) => twoStep(cli, options));
}

async function twoStep(cli: Cli, options: TwoStepRequest): Promise<void> {
  const { collections } = await connectQdrant(cli.env);
  // A shell gives a template's line breaks as they were typed.
  const spec = await twoStepSpec(collections, { ...options, text: options.text.replaceAll('\\n', '\n') });
  cli.result(spec, () => `${guide(options)}\n${stringify(spec).trimEnd()}`);
}

function guide({ vector }: TwoStepRequest): string {
  return [
    '# A two-step switch. Save this as two-step.yaml, then:',
    '#   1. reembed plan two-step.yaml                  what it does and costs; writes nothing',
    '#   2. reembed submit two-step.yaml                with `reembed coordinator` and `reembed worker` running; `reembed status <id>` says the rest:',
    '#   3. reembed switch <id>                         the alias moves; every query goes on as it is, with the old vectors',
    `#   4. when status says that every point has "${vector}": applications change to using="${vector}" and write both vectors, one by one`,
    '#   5. reembed complete <id> --confirm <source>    the old collection goes; --drop-vector <name> takes an old vector along',
  ].join('\n');
}
