import { Command, type ErrorOptions, type ParseOptionsResult } from 'commander';

/** Commander's command, which names every unknown option at once, and in an error the help of the very command. */
export class ReembedCommand extends Command {
  override createCommand(name?: string): Command {
    return new ReembedCommand(name);
  }

  override parseOptions(args: string[]): ParseOptionsResult {
    const parsed = super.parseOptions(args);
    const flags = parsed.unknown.filter((arg) => /^-./.test(arg)).map((flag) => flag.replace(/=.*$/s, ''));
    // What a group does not know may be known to the command in it; of a single one commander itself says what it is like.
    if (this.commands.length === 0 && flags.length > 1 && !flags.some((flag) => flag === '--help' || flag === '-h')) {
      this.error(`error: unknown options ${flags.map((flag) => `'${flag}'`).join(', ')}`);
    }
    return parsed;
  }

  override error(message: string, options?: ErrorOptions): never {
    this.showHelpAfterError(`(\`${pathOf(this)} --help\` says more)`);
    return super.error(message, options);
  }
}

/** `reembed adapter fit`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
