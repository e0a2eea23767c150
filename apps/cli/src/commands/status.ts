import { errorCodes } from '@reembed/contracts';
import type { Command } from 'commander';
import { patienceMs } from '../api/absence.ts';
import { followMigration, waitsForWord, whyNotArrived } from '../api/follow-migration.ts';
import { runningCoordinator } from '../fleet/find-coordinator.ts';
import { listKnown, readKnown } from '../fleet/read-known.ts';
import type { Cli } from '../terminal/host.ts';
import { renderBridgeCode, renderDeadLetters, renderList, renderView } from '../terminal/render-migration.ts';
import { createReporter } from '../terminal/reporter.ts';
import { migrationId, readsOnly } from './options.ts';

export function defineList(command: Command, cli: Cli): void {
  command.description(`Lists migrations, newest first. ${readsOnly}`).action(async () => {
    const listed = await listKnown(cli);
    cli.result(listed, () => renderList(listed));
  });
}

export function defineStatus(command: Command, cli: Cli): void {
  command
    .description(
      `Shows a migration. ${readsOnly} With --watch\nit is followed at its coordinator until it waits for a word or has ended, and ends with 0 where it\n` +
        'is ready, observing or completed, else with the code of what is wrong. A coordinator that goes away is told, since when, and asked\n' +
        `again for ${patienceMs.heard / 60_000} minutes (one that never answered for ${patienceMs.unheard / 1_000} s); then it ends with ${errorCodes['coordinator-unreachable'].exitCode}. With --json as well, each event is one JSON\n` +
        'line (type away and back too, of the coordinator), then the migration itself, then the error where there is one.',
    )
    .argument(...migrationId)
    .option('--watch', 'follow it', false)
    .option('--code', 'with the code by which applications ask a vector that is being filled in', false)
    .action((id: string, options: { watch: boolean; code: boolean }) => (options.watch ? watch(cli, id) : show(cli, id, options)));
}

export function defineDeadLetters(command: Command, cli: Cli): void {
  command
    .description(
      'Lists jobs of the running coordinator that nobody can work on, with why: of a kind that no version knows, or with broken\ndata. They were taken out of their queues, and stop nothing.',
    )
    .action(async () => {
      const api = runningCoordinator(cli);
      try {
        const deadLetters = await api.deadLetters();
        cli.result({ deadLetters }, () => renderDeadLetters(deadLetters));
      } finally {
        await api.close();
      }
    });
}

async function show(cli: Cli, id: string, { code }: { code: boolean }): Promise<void> {
  const view = await readKnown(cli, id, (from) => from.view(id));
  cli.result(view, () => [renderView(view), ...(code ? renderBridgeCode(view) : [])].join('\n'));
}

async function watch(cli: Cli, id: string): Promise<void> {
  const reporter = createReporter(cli);
  const view = await followMigration(runningCoordinator(cli), id, {
    signal: cli.signal,
    until: waitsForWord,
    onEvent: (event) => (cli.json ? cli.out(JSON.stringify(event)) : reporter.onEvent(event)),
    onView: reporter.onView,
    onAbsence: (news) => (cli.json ? cli.out(JSON.stringify(news)) : reporter.onAbsence(news)),
  }).finally(reporter.close);
  cli.out(cli.json ? JSON.stringify({ type: 'migration', migration: view }) : renderView(view));
  const why = whyNotArrived(view, ['ready', 'observing', 'completed']);
  if (why !== null) throw why;
}
