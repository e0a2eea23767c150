import { type Command as Act, type GateName, gateNameSchema, type MigrationView, type Phase } from '@reembed/contracts';
import { type CommandWords, ReembedError } from '@reembed/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Access, accessFor } from '../coordinator-access.ts';
import { followMigration, hasSettled, waitsForWord } from '../follow-migration.ts';
import type { Cli } from '../host.ts';
import { createReporter } from '../render/create-reporter.ts';
import { renderOutcome } from '../render/render-view.ts';

/** `override`, `by` and `reason` make the words of a switch. */
type ActOptions = Omit<CommandWords, 'override'> & {
  readonly wait: boolean;
  readonly override?: GateName[];
  readonly by?: string;
  readonly reason?: string;
};

const summaries: Readonly<Record<Act, string>> = {
  pause: 'stop writing, and rest',
  resume: 'go on where it stopped',
  cancel: 'end it; source and alias stay as they are',
  verify: 'compare both sides and measure the gates once more',
  switch: 'compare once more, then move the alias',
  rollback: 'take the alias back',
  complete: 'end it, and delete the old collection',
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

export function addActs(program: Command, cliOf: () => Cli): void {
  for (const act of Object.keys(summaries) as Act[]) {
    const command = program
      .command(act)
      .summary(summaries[act])
      .description(describe(act))
      .argument('<id>', 'the id of the migration')
      .option('--no-wait', 'end when it is accepted, not when it is done')
      .action((id: string, options: ActOptions) => carryOut(cliOf(), act, id, options));
    if (act === 'resume') command.option('--allow-deletes <n>', 'how many points sync may delete from the target', wholeNumber);
    if (act === 'switch') addSwitchOptions(command);
    if (act === 'rollback') command.option('--lose-writes <n>', 'how many writes since the switch may be lost', wholeNumber);
    if (act === 'cancel')
      command.option('--drop-vectors <names...>', 'in place: the added vectors, to take them away again; without it they stay');
    if (act === 'complete') {
      command.option('--confirm <collection>', 'the name of the collection that is deleted for good; in place there is none');
      command.option('--drop-vector <name>', 'an old vector of the collection in use, which is dropped for good');
    }
  }
}

function addSwitchOptions(command: Command): void {
  command
    .option('--accept-late-writes', 'list writes that come while the alias moves instead of stopping for them')
    .addOption(
      new Option('--override <gate...>', 'switch although this gate has failed or is inconclusive').choices(gateNameSchema.options),
    )
    .option('--by <name>', 'who says so')
    .option('--reason <text>', 'why; kept with the collection');
}

function wordsOf({ override, by, reason, wait: _wait, ...words }: ActOptions): CommandWords {
  if (override === undefined) return words;
  if (by === undefined || reason === undefined)
    throw new ReembedError('invalid-request', 'an override is kept with a name and a reason: add --by "Ada" --reason "…"');
  return { ...words, override: override.map((gate) => ({ gate, by, reason })) };
}

function describe(act: Act): string {
  const summary = `${summaries[act][0]?.toUpperCase()}${summaries[act].slice(1)}.`;
  return `${summary} Where no coordinator runs, one is started for as long as it takes, and the migration taken\nover from what its target says (QDRANT_URL).`;
}

async function carryOut(cli: Cli, act: Act, id: string, options: ActOptions): Promise<void> {
  const { wait } = options;
  const words = wordsOf(options);
  await using access = await accessFor(cli, id);
  const asked = await ask(cli, access, act, id, words);
  // What a fleet of our own has been told to do, it has to be given the time for.
  const view = wait || access.fleet !== null ? await outcome(cli, access, act, asked) : asked;
  if (wait) checkGoal(act, view);
  cli.result(view, () => renderOutcome(view));
}

/** A migration that a fleet of our own has just taken over goes on already, and has to be ready before it can be switched. */
async function ask(cli: Cli, access: Access, act: Act, id: string, words: CommandWords): Promise<MigrationView> {
  const { api, fleet } = access;
  if (fleet === null || (act !== 'resume' && act !== 'switch')) return api.command(id, act, words);
  const taken = act === 'switch' ? await follow(cli, access, id, waitsForWord) : await api.view(id);
  const done = act === 'switch' ? taken.phase === 'observing' : !taken.possible.includes('resume');
  return done ? taken : api.command(id, act, words);
}

async function outcome(cli: Cli, access: Access, act: Act, asked: MigrationView): Promise<MigrationView> {
  // A coordinator elsewhere carries a resumed migration on; a fleet of our own would end with this command.
  if (act === 'resume' && access.fleet === null) return asked;
  const until = act === 'switch' ? hasSettled : waitsForWord;
  return until(asked) ? asked : follow(cli, access, asked.id, until);
}

function follow(cli: Cli, { api, fleet }: Access, id: string, until: (view: MigrationView) => boolean): Promise<MigrationView> {
  const reporter = createReporter(cli);
  const following = followMigration(api, id, {
    signal: cli.signal,
    until,
    onEvent: reporter.event,
    onView: ({ phase }) => reporter.phase(phase),
  });
  return Promise.race([following, ...(fleet === null ? [] : [fleet.lost])]).finally(reporter.close);
}

/** Throws why it came out otherwise. */
function checkGoal(act: Act, view: MigrationView): void {
  const { phase, error, rollback, next, id } = view;
  const goal = goals[act];
  if (phase === goal || (goal === null && phase !== 'failed')) return;
  if (error !== null) throw new ReembedError(error.code, `${act} of migration ${id}: ${error.message} (it is ${phase} now)`);
  if (act === 'rollback' && rollback !== null) throw new ReembedError('confirmation-needed', next);
  throw new ReembedError('wrong-state', `${act} of migration ${id} did not come about: it is ${phase}. ${next}`);
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError('It wants a whole number.');
  return Number(text);
}
