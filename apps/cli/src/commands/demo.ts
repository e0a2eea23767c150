import type { Command } from 'commander';
import { type DemoOptions, runDemo } from '../demo/run-demo.ts';
import type { Cli } from '../host.ts';
import { positiveInteger } from '../option-values.ts';

export function addDemo(program: Command, cliOf: () => Cli): void {
  program
    .command('demo')
    .summary('watch a migration from an old to a new model, on this machine alone')
    .description(
      'Migrates documentation of the installed npm packages from a plain old model to a neural one while a reader searches, and switches.\n' +
        'Needs neither server nor key: it brings a local Qdrant, a Redis and a model, and leaves nothing behind.',
    )
    .option('--keep', 'leave everything running until Ctrl-C', false)
    .option('--points <n>', 'chunks to migrate', positiveInteger, 1_000)
    .option('--workers <n>', 'worker processes', positiveInteger, 2)
    .action((options: DemoOptions) => runDemo(cliOf(), options));
}
