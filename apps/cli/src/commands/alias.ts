import { ownInWords, ReembedError } from '@reembed/core';
import type { Command } from 'commander';
import { connectQdrant } from '../inputs/connect-qdrant.ts';
import { table } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';

export function defineAlias(command: Command, cli: Cli): void {
  command.description('Lists, makes and deletes aliases of the Qdrant of QDRANT_URL.');
  command
    .command('list')
    .summary('list aliases and the collections they point at')
    .description('Lists aliases and the collections they point at.')
    .action(() => list(cli));
  command
    .command('create')
    .summary('point an alias at a collection')
    .description(
      'Points an alias at a collection, so that readers can be switched. One that points elsewhere is left alone without --force.',
    )
    .argument('<name>', 'the alias')
    .argument('<collection>', 'a collection, by its own name')
    .option('--force', 'point an alias that exists at another collection', false)
    .action((name: string, collection: string, { force }: { force: boolean }) => create(cli, name, collection, force));
  command
    .command('delete')
    .summary('delete an alias; the collection stays')
    .description('Deletes an alias; the collection stays.')
    .argument('<name>', 'the alias')
    .action((name: string) => drop(cli, name));
}

async function list(cli: Cli): Promise<void> {
  const { collections } = await connectQdrant(cli.env);
  const aliases = [...(await collections.aliases())].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const document = aliases.map(([name, collection]) => ({ alias: name, collection }));
  cli.result({ aliases: document }, () =>
    aliases.length === 0 ? 'There is no alias.' : table(aliases.map(([name, at]) => [name, `-> ${at}`])).join('\n'),
  );
}

async function create(cli: Cli, name: string, collection: string, force: boolean): Promise<void> {
  const own = ownInWords(collection);
  if (own !== null) throw new ReembedError('invalid-request', `"${collection}" ${own}`);
  const { collections } = await connectQdrant(cli.env);
  const [names, aliases] = await Promise.all([collections.names(), collections.aliases()]);
  if (!names.includes(collection)) {
    const hint = aliases.has(collection) ? `it is an alias of "${aliases.get(collection)}"` : `there are: ${names.join(', ') || 'none'}`;
    throw new ReembedError('not-found', `there is no collection "${collection}"; ${hint}`);
  }
  if (names.includes(name)) throw new ReembedError('qdrant-conflict', `"${name}" is a collection: an alias needs another name`);
  const before = aliases.get(name);
  if (before !== undefined && before !== collection && !force) {
    throw new ReembedError(
      'qdrant-conflict',
      `the alias "${name}" points at "${before}": readers would see another collection at once; --force does it all the same`,
    );
  }
  await collections.pointAlias(name, collection);
  cli.result(
    { alias: name, collection, before: before ?? null },
    () => `${name} -> ${collection}${before === undefined || before === collection ? '' : ` (before: ${before})`}`,
  );
}

async function drop(cli: Cli, name: string): Promise<void> {
  const { collections } = await connectQdrant(cli.env);
  const before = (await collections.aliases()).get(name);
  if (before === undefined) throw new ReembedError('not-found', `there is no alias "${name}"`);
  await collections.dropAlias(name);
  cli.result({ alias: name, before }, () => `${name} is gone; it pointed at ${before}`);
}
