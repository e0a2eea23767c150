import { type ErrorCode, errorCodes } from '@reembed/contracts/error-codes';
import { packageVersion } from '@reembed/process/package-version';
import { Command, CommanderError, Help } from 'commander';
import { commands, type Entry } from './commands.ts';
import { createCli, type GlobalOptions, type Host } from './terminal/host.ts';
import { Interrupted } from './terminal/interrupt.ts';

/** Runs one command line and answers its exit code. Errors go to stderr; nothing is thrown. */
export async function runCli(args: readonly string[], host: Host): Promise<number> {
  try {
    await createProgram(host).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed what it had to say: help and version end with 0, the rest is wrong use.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : errorCodes['invalid-request'].exitCode;
    const cause = host.signal.aborted && host.signal.reason instanceof Interrupted ? host.signal.reason : error;
    const { exitCodeOf, renderError } = await import('./terminal/errors.ts');
    if (!(cause instanceof Interrupted)) for (const line of renderError(cause)) host.err(line);
    return exitCodeOf(cause);
  }
}

/** The command line as a whole. Throws CommanderError where it is used wrongly. */
export function createProgram(host: Host): Command {
  const entries = new Map<Command, Entry>();
  const program = new Command('reembed')
    .description('Moves a live Qdrant collection to another embedding model without downtime.')
    .version(packageVersion(new URL('../package.json', import.meta.url)))
    .option('--json', 'results as one JSON document on stdout', false)
    .option('--verbose', 'the log of every process on stderr', false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.out(text.trimEnd()), writeErr: (text) => host.err(text.trimEnd()) })
    .configureHelp({ subcommandTerm: (command) => entries.get(command)?.[0] ?? new Help().subcommandTerm(command) })
    .showHelpAfterError('(reembed --help says more)')
    .addHelpText('after', exitCodesText());
  for (const [group, list] of Object.entries(commands)) {
    program.commandsGroup(group);
    for (const entry of list) entries.set(program.command(entry[0].split(' ')[0] ?? '').summary(entry[1]), entry);
  }
  const load = async (command: Command) => (await entries.get(command)?.[2]())?.(command, createCli(host, program.opts<GlobalOptions>()));
  program.hook('preSubcommand', (_, command) => load(command));
  addHelp(program, load);
  return program;
}

/** Commander's own `help` would show a command before it is loaded. */
function addHelp(program: Command, load: (command: Command) => Promise<void>): void {
  program
    .command('help')
    .summary('display help for command')
    .argument('[command]')
    .helpOption(false)
    .action(async (name?: string) => {
      const command = program.commands.find((one) => one.name() === name);
      if (command !== undefined) await load(command);
      (command ?? program).help({ error: command === undefined && name !== undefined });
    });
}

/** The exit codes and the error codes behind each. */
export function exitCodesText(): string {
  const byExit = Map.groupBy(Object.keys(errorCodes) as ErrorCode[], (code) => errorCodes[code].exitCode);
  const rows = [...byExit].toSorted(([a], [b]) => a - b).map(([exit, codes]) => `  ${String(exit).padStart(3)}  ${codes.join(', ')}`);
  return ['', 'Exit codes:', '    0  done', ...rows, '  130  Ctrl-C (143: SIGTERM); the same command goes on where it stopped'].join('\n');
}
