import type { Command } from 'commander';
import { runningCoordinator } from '../coordinator-access.ts';
import type { Cli } from '../host.ts';
import { renderList } from '../render/render-view.ts';

export function addList(program: Command, cliOf: () => Cli): void {
  program
    .command('list')
    .summary('list the migrations of the running coordinator')
    .description('Lists the migrations of the running coordinator, newest first.')
    .action(async () => {
      const cli = cliOf();
      const migrations = await runningCoordinator(cli).list();
      cli.result({ migrations }, () => renderList(migrations));
    });
}
