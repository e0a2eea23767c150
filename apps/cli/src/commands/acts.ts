import { type Command as Act, type GateName, gateNameSchema, type MigrationView, type Phase } from '@reembed/contracts';
import { type CommandWords, ReembedError } from '@reembed/core';
import { type Command, Option } from 'commander';
import { hasSettled, showMigration, waitsForWord } from '../api/follow-migration.ts';
import { type Access, accessFor } from '../fleet/find-coordinator.ts';
import type { Cli } from '../terminal/host.ts';
import { renderOutcome } from '../terminal/render-migration.ts';
import { migrationId, sentence, type TakeOver, takeOverOption, wholeNumber } from './options.ts';

/** `override`, `by` and `reason` make the words of a switch. */
type ActOptions = Omit<CommandWords, 'override'> &
  TakeOver & {
    readonly wait: boolean;
    readonly override?: GateName[];
    readonly by?: string;
    readonly reason?: string;
  };

/** Where an act leads when all is well. What resume leads to goes on by itself. */
const goals: Readonly<Record<Act, Phase | null>> = {
  pause: 'paused',
  resume: null,
  cancel: 'cancelled',
  verify: 'ready',
  switch: 'observing',
  rollback: 'rolled-back',
  complete: 'completed',
};

export function defineAct(act: Act): (command: Command, cli: Cli) => void {
  return (command, cli) => {
    command
      .description(
        `${sentence(command.summary())} Where no coordinator runs, one is started for as long as it takes, provided the fleet that the\n` +
          'migration belongs to has given it up; what its target says (QDRANT_URL) is gone on from.',
      )
      .argument(...migrationId)
      // Commander sets the default of a lone --no-… before this command is loaded.
      .option('--no-wait', 'end when it is accepted, not when it is done', true)
      .option(...takeOverOption)
      .action((id: string, options: ActOptions) => carryOut(cli, act, id, options));
    optionsOf[act]?.(command);
  };
}

/** What an act takes beside the migration. */
const optionsOf: Readonly<Partial<Record<Act, (command: Command) => Command>>> = {
  resume: (command) =>
    command
      .option('--allow-deletes <n>', 'how many points sync may delete from the target', wholeNumber)
      .option('--switch', 'go on with a switch that stopped, and move the alias')
      .option(...acceptLateWrites),
  switch: addSwitchOptions,
  rollback: (command) => command.option('--lose-writes <n>', 'how many writes since the switch may be lost', wholeNumber),
  cancel: (command) =>
    command.option('--drop-vectors <names...>', 'in place: the added vectors, to take them away again; without it they stay'),
  complete: (command) =>
    command
      .option('--confirm <collection>', 'the name of the collection that is deleted for good; in place there is none')
      .option('--drop-vector <name>', 'an old vector of the collection in use, which is dropped for good'),
};

const acceptLateWrites = ['--accept-late-writes', 'list writes that come while the alias moves instead of stopping for them'] as const;

function addSwitchOptions(command: Command): Command {
  return command
    .option(...acceptLateWrites)
    .option('--made-by-hand', 'take the alias that somebody has pointed at the target for the switch, and list what differs')
    .addOption(
      new Option('--override <gate...>', 'switch although this gate has failed or is inconclusive').choices(gateNameSchema.options),
    )
    .option('--by <name>', 'who says so, where the coordinator does not know who asks')
    .option('--reason <text>', 'why; kept with the collection');
}

function wordsOf({ override, by, reason, wait: _wait, takeOver: _takeOver, ...words }: ActOptions): CommandWords {
  if (override === undefined) return words;
  if (reason === undefined) throw new ReembedError('invalid-request', 'an override is kept with a reason: add --reason "…"');
  return { ...words, override: override.map((gate) => ({ gate, reason, ...(by === undefined ? {} : { by }) })) };
}

async function carryOut(cli: Cli, act: Act, id: string, options: ActOptions): Promise<void> {
  const { wait, takeOver } = options;
  const words = wordsOf(options);
  await using access = await accessFor(cli, id, takeOver);
  const asked = await ask(cli, access, act, id, words);
  // What a fleet of our own has been told to do, it has to be given the time for.
  const view = wait || access.own ? await outcome(cli, access, act, asked) : asked;
  const why = wait ? whyNot(act, view) : null;
  // An error says the next step itself.
  cli.result(view, () => (why === null ? renderOutcome(view) : ''), why);
}

/** A migration that a fleet of our own has just taken over goes on already, and has to be ready before it can be switched. */
async function ask(cli: Cli, access: Access, act: Act, id: string, words: CommandWords): Promise<MigrationView> {
  const { api, own } = access;
  if (!own || (act !== 'resume' && act !== 'switch')) return api.command(id, act, words);
  const switching = act === 'switch' || words.switch === true;
  // A word about what stopped it counts once it has come there again.
  const waits = switching || words.allowDeletes !== undefined;
  const taken = waits ? await showMigration(cli, access, id, waitsForWord) : await api.view(id);
  if (act === 'resume' && switching && taken.phase === 'ready') return api.command(id, 'switch');
  const done = act === 'switch' ? taken.phase === 'observing' : !taken.possible.includes('resume');
  return done ? taken : api.command(id, act, words);
}

async function outcome(cli: Cli, access: Access, act: Act, asked: MigrationView): Promise<MigrationView> {
  // A coordinator elsewhere carries a resumed migration on; a fleet of our own would end with this command.
  if (act === 'resume' && !access.own) return asked;
  const until = act === 'switch' ? hasSettled : waitsForWord;
  return until(asked) ? asked : showMigration(cli, access, asked.id, until);
}

/** Why it came out otherwise; null where it did not. */
function whyNot(act: Act, view: MigrationView): ReembedError | null {
  const { phase, error, rollback, next, id } = view;
  const goal = goals[act];
  if (phase === goal || (goal === null && phase !== 'failed')) return null;
  if (error !== null) return new ReembedError(error.code, `${act} of migration ${id}: ${error.message} (it is ${phase} now)`);
  if (act === 'rollback' && rollback !== null) return new ReembedError('confirmation-needed', next);
  if (act === 'switch' && phase === 'ready' && (view.progress.setAside ?? 0) > 0) return new ReembedError('points-set-aside', next);
  return new ReembedError('wrong-state', `${act} of migration ${id} did not come about: it is ${phase}. ${next}`);
}
