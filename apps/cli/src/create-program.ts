import { packageVersion } from '@reembed/process';
import { Command } from 'commander';
import { addActs } from './commands/acts.ts';
import { addAdapter } from './commands/adapter.ts';
import { addAdopt } from './commands/adopt.ts';
import { addAlias } from './commands/alias.ts';
import { addBackfill } from './commands/backfill.ts';
import { addDemo } from './commands/demo.ts';
import { addDev } from './commands/dev.ts';
import { addFailures } from './commands/failures.ts';
import { addInit } from './commands/init.ts';
import { addLateWrites } from './commands/late-writes.ts';
import { addList } from './commands/list.ts';
import { addModels } from './commands/models.ts';
import { addPlan } from './commands/plan.ts';
import { addProcesses } from './commands/processes.ts';
import { addProof } from './commands/proof.ts';
import { addRequantize } from './commands/requantize.ts';
import { addRun } from './commands/run.ts';
import { addStatus } from './commands/status.ts';
import { addSubmit } from './commands/submit.ts';
import { exitCodesText } from './exit-codes.ts';
import { type Cli, createCli, type GlobalOptions, type Host } from './host.ts';

type Add = (program: Command, cliOf: () => Cli) => void;

/** In the order in which somebody comes to need them. */
const commands: Readonly<Record<string, readonly Add[]>> = {
  'To look around:': [addDemo, addDev, addModels],
  'Before a migration:': [addInit, addPlan, addAdapter],
  'Migrations and other changes of a collection:': [addRun, addSubmit, addBackfill, addRequantize, addAdopt],
  'A migration under way:': [addList, addStatus, addActs],
  'What it found:': [addProof, addFailures, addLateWrites],
  'What it needs:': [addAlias, addProcesses],
};

/** The command line as a whole. Throws CommanderError where it is used wrongly. */
export function createProgram(host: Host): Command {
  const program = new Command('reembed')
    .description('Moves a live Qdrant collection to another embedding model without downtime.')
    .version(packageVersion(new URL('../package.json', import.meta.url)))
    .option('--json', 'results as one JSON document on stdout', false)
    .option('--verbose', 'the log of every process on stderr', false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.out(text.trimEnd()), writeErr: (text) => host.err(text.trimEnd()) })
    .showHelpAfterError('(reembed --help says more)')
    .addHelpText('after', exitCodesText());
  for (const [group, adds] of Object.entries(commands)) {
    program.commandsGroup(group);
    for (const add of adds) add(program, () => createCli(host, program.opts<GlobalOptions>()));
  }
  program.helpCommand(true);
  return program;
}
