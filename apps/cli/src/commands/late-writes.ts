import type { Command } from 'commander';
import { accessFor } from '../coordinator-access.ts';
import { followMigration, waitsForWord } from '../follow-migration.ts';
import type { Cli } from '../host.ts';
import { positiveInteger } from '../option-values.ts';
import { table } from '../render/quantities.ts';
import { renderOutcome } from '../render/render-view.ts';

type LateWriteOptions = { readonly limit: number; readonly cursor?: string; readonly insertMissing?: true; readonly accept?: true };

export function addLateWrites(program: Command, cliOf: () => Cli): void {
  program
    .command('late-writes')
    .summary('writes that came while the alias moved: list, insert or accept them')
    .description(
      'Lists writes that reached the old collection while the alias moved; inserts what the target misses, or accepts all as they are.',
    )
    .argument('<id>', 'the id of the migration')
    .option('--limit <n>', 'how many', positiveInteger, 100)
    .option('--cursor <cursor>', 'where the last list ended')
    .option('--insert-missing', 'insert what the target misses')
    .option('--accept', 'take them as they are')
    .action((id: string, options: LateWriteOptions) => {
      const act = options.insertMissing ? 'insert-missing' : options.accept ? 'accept' : null;
      return act === null ? list(cliOf(), id, options) : settle(cliOf(), id, act);
    });
}

async function list(cli: Cli, id: string, { limit, cursor }: LateWriteOptions): Promise<void> {
  await using access = await accessFor(cli, id);
  const page = await access.api.lateWrites(id, { cursor: cursor ?? null, limit });
  cli.result(page, () =>
    [
      ...(page.lateWrites.length === 0 ? ['No write came late.'] : table(page.lateWrites.map(({ kind, id: point }) => [point.id, kind]))),
      ...(page.next === null ? [] : [`more: --cursor ${page.next}`]),
    ].join('\n'),
  );
}

async function settle(cli: Cli, id: string, act: 'insert-missing' | 'accept'): Promise<void> {
  await using access = await accessFor(cli, id);
  await access.api.settleLateWrites(id, act);
  const view = await followMigration(access.api, id, { signal: cli.signal, until: waitsForWord });
  cli.result(view, () => renderOutcome(view));
}
