import { type ErrorCode, errorCodes } from '@reembed/contracts/error-codes';
import { packageVersion } from '@reembed/process/package-version';
import { readVariableFiles } from '@reembed/process/variable-files';
import { type Command, Help } from 'commander';
import { commands, type Entry } from './commands.ts';
import { createCli, createOutlet, type GlobalOptions, type Host, type Outlet } from './terminal/host.ts';
import { ReembedCommand } from './terminal/reembed-command.ts';

/**
 * Runs one command line and answers its exit code. Errors go to stderr, and with --json as a document to stdout as well; nothing is thrown.
 */
export async function runCli(args: readonly string[], { env: given, ...host }: Host): Promise<number> {
  const json = args.includes('--json');
  const env = { ...given };
  const outlet = createOutlet({ ...host, env }, json);
  try {
    await readVariableFiles(env);
    await createProgram(outlet, args).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    const { describeFailure } = await import('./terminal/errors.ts');
    const { lines, document, exitCode } = describeFailure(outlet.signal.aborted ? outlet.signal.reason : error);
    for (const line of lines) outlet.err(line);
    // One line, because `status --watch --json` is lines.
    if (json && document !== null && !outlet.answered()) outlet.out(JSON.stringify({ error: document }));
    return exitCode;
  }
}

/** The command line as a whole; `typed` is what is parsed by it. Throws CommanderError where it is used wrongly. */
export function createProgram(host: Outlet, typed: readonly string[] = []): Command {
  const entries = new Map<Command, Entry>();
  const program = new ReembedCommand('reembed')
    .description('Moves a live Qdrant collection to another embedding model without downtime.')
    .version(packageVersion(new URL('../package.json', import.meta.url)))
    .option('--json', 'one JSON document on stdout: the result, or {"error": {"code", "message"}}', false)
    .option('--verbose', 'the log of every process on stderr', false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.out(text.trimEnd()), writeErr: (text) => host.err(text.trimEnd()) })
    .configureHelp({ subcommandTerm: (command) => entries.get(command)?.[0] ?? new Help().subcommandTerm(command) })
    .addHelpText('after', exitCodesText());
  for (const [group, list] of Object.entries(commands)) {
    program.commandsGroup(group);
    for (const entry of list) entries.set(program.command(entry[0].split(' ')[0] ?? '').summary(entry[1]), entry);
  }
  const load = async (command: Command) =>
    (await entries.get(command)?.[2]())?.(command, createCli(host, typed, program.opts<GlobalOptions>()));
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
