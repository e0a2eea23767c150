import type { Command } from 'commander';
import { runningCoordinator } from '../coordinator-access.ts';
import type { Cli } from '../host.ts';
import { renderView } from '../render/render-view.ts';

export function addAdopt(program: Command, cliOf: () => Cli): void {
  program
    .command('adopt')
    .summary('go on with the migration that a target tells of')
    .description(
      'Lets the running coordinator go on with the migration that a target collection tells of, where its Redis knows nothing of it.',
    )
    .argument('<target>', 'the target collection')
    .action(async (target: string) => {
      const cli = cliOf();
      const view = await runningCoordinator(cli).adopt(target);
      cli.result(view, () => renderView(view));
    });
}
