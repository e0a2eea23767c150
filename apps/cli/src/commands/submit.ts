import type { Command } from 'commander';
import { runningCoordinator } from '../coordinator-access.ts';
import type { Cli } from '../host.ts';
import { loadSpec } from '../load-spec.ts';
import { renderView } from '../render/render-view.ts';

export function addSubmit(program: Command, cliOf: () => Cli): void {
  program
    .command('submit')
    .summary('give a spec to the running coordinator')
    .description('Gives a spec to the running coordinator (REEMBED_URL). The same spec again answers with its migration.')
    .argument('<spec>', 'the spec, a YAML or JSON file')
    .action(async (file: string) => {
      const cli = cliOf();
      const spec = await loadSpec(file);
      const view = await runningCoordinator(cli).submit(spec);
      cli.result(view, () => `${renderView(view)}\nfollow it: reembed status ${view.id} --watch`);
    });
}
