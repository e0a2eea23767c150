import type { Command } from 'commander';
import { runningCoordinator } from '../coordinator-access.ts';
import { followMigration, waitsForWord } from '../follow-migration.ts';
import type { Cli } from '../host.ts';
import { createReporter } from '../render/create-reporter.ts';
import { renderView } from '../render/render-view.ts';

export function addStatus(program: Command, cliOf: () => Cli): void {
  program
    .command('status')
    .summary('show a migration, or follow it')
    .description(
      'Shows a migration of the running coordinator. With --watch it follows it until it waits for a word or has ended; with\n--json as well, each event is one JSON line, and the migration itself the last.',
    )
    .argument('<id>', 'the id of the migration')
    .option('--watch', 'follow it', false)
    .action((id: string, options: { watch: boolean }) => (options.watch ? watch(cliOf(), id) : show(cliOf(), id)));
}

async function show(cli: Cli, id: string): Promise<void> {
  const view = await runningCoordinator(cli).view(id);
  cli.result(view, () => renderView(view));
}

async function watch(cli: Cli, id: string): Promise<void> {
  const reporter = createReporter(cli);
  try {
    const view = await followMigration(runningCoordinator(cli), id, {
      signal: cli.signal,
      until: waitsForWord,
      onEvent: (event) => (cli.json ? cli.out(JSON.stringify(event)) : reporter.event(event)),
      onView: ({ phase }) => reporter.phase(phase),
    });
    reporter.close();
    cli.out(cli.json ? JSON.stringify({ type: 'migration', migration: view }) : renderView(view));
  } finally {
    reporter.close();
  }
}
