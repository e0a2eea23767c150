import { Argument, type Command } from 'commander';
import { commands } from '../commands.ts';
import type { Cli } from '../terminal/host.ts';
import { ReembedCommand } from '../terminal/reembed-command.ts';

type Word = { readonly word: string; readonly says: string };
/** A command with what may follow it: commands below it, and options. */
type Completed = Word & { readonly next: readonly Word[] };

export function defineCompletion(command: Command, cli: Cli): void {
  command
    .description(
      'Prints what makes a shell complete commands and options. For good:\n' +
        '  bash: echo \'eval "$(reembed completion bash)"\' >> ~/.bashrc\n' +
        '  zsh:  echo \'eval "$(reembed completion zsh)"\' >> ~/.zshrc      (after compinit)\n' +
        '  fish: reembed completion fish > ~/.config/fish/completions/reembed.fish',
    )
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .action(async (shell: keyof typeof scripts) => {
      const script = scripts[shell](await allCommands(cli));
      cli.result({ script }, () => script);
    });
}

/** Of the table that the help shows: each command is loaded to see its options. */
async function allCommands(cli: Cli): Promise<Completed[]> {
  const entries = Object.values(commands).flat();
  return Promise.all(
    entries.map(async ([usage, says, load]) => {
      const word = usage.split(' ')[0] ?? '';
      const command = new ReembedCommand(word);
      (await load())(command, cli);
      const below = command.commands.map((one) => ({ word: one.name(), says: one.summary() }));
      const options = command.options.map(({ long, short, description }) => ({ word: long ?? short ?? '', says: description }));
      return { word, says, next: [...below, ...options, { word: '--json', says: 'one JSON document on stdout' }] };
    }),
  );
}

const scripts = { bash, zsh, fish };

function bash(all: readonly Completed[]): string {
  const cases = all.map(({ word, next }) => `    ${word}) words="${wordsOf(next)}" ;;`);
  return `_reembed() {
  local words="${wordsOf(all)} help --help --version" current="\${COMP_WORDS[COMP_CWORD]}"
  [ "$COMP_CWORD" -gt 1 ] && case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current") $([ "$COMP_CWORD" -gt 1 ] && compgen -f -- "$current"))
}
complete -o filenames -F _reembed reembed`;
}

function zsh(all: readonly Completed[]): string {
  const described = (words: readonly Word[]) => words.map(({ word, says }) => quoted(`${word}:${firstLine(says)}`)).join(' ');
  const cases = all.map(({ word, next }) => `    ${word}) found=(${described(next)}) ;;`);
  return `_reembed() {
  local -a found
  if (( CURRENT == 2 )); then found=(${described(all)})
  else case "\${words[2]}" in
${cases.join('\n')}
    esac
  fi
  _describe reembed found
  if (( CURRENT > 2 )); then _files; fi
}
compdef _reembed reembed`;
}

function fish(all: readonly Completed[]): string {
  const names = all.map(({ word }) => word).join(' ');
  const lines = all.flatMap(({ word, says, next }) => [
    `complete -c reembed -f -n "not __fish_seen_subcommand_from ${names}" -a ${word} -d ${quoted(firstLine(says))}`,
    ...next.map((one) => {
      const what = one.word.startsWith('--') ? `-l ${one.word.slice(2)}` : `-a ${one.word}`;
      return `complete -c reembed -n "__fish_seen_subcommand_from ${word}" ${what} -d ${quoted(firstLine(one.says))}`;
    }),
  ]);
  return lines.join('\n');
}

function wordsOf(words: readonly Word[]): string {
  return words.map(({ word }) => word).join(' ');
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

/** One word to each of the three shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
