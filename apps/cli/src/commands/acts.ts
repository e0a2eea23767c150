import type { Command as Act, MigrationView, Phase } from '@reembed/contracts';
import { type CommandWords, ReembedError } from '@reembed/core';
import { type Command, InvalidArgumentError } from 'commander';
import { type Access, accessFor } from '../coordinator-access.ts';
import { followMigration, isAtRest } from '../follow-migration.ts';
import type { Cli } from '../host.ts';
import { createReporter } from '../render/create-reporter.ts';
import { renderOutcome } from '../render/render-view.ts';

type ActOptions = { readonly wait: boolean; readonly loseWrites?: number; readonly confirm?: string };

const summaries: Readonly<Record<Act, string>> = {
  pause: 'stop writing, and rest',
  resume: 'go on where it stopped',
  cancel: 'end it; source and alias stay as they are',
  switch: 'compare once more, then move the alias',
  rollback: 'take the alias back',
  complete: 'delete the old collection',
};

/** Where an act leads when all is well. What resume leads to goes on by itself. */
const goals: Readonly<Record<Act, Phase | null>> = {
  pause: 'paused',
  resume: null,
  cancel: 'cancelled',
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
    if (act === 'rollback') command.option('--lose-writes <n>', 'how many writes since the switch may be lost', wholeNumber);
    if (act === 'complete') command.requiredOption('--confirm <collection>', 'the name of the collection that is deleted for good');
  }
}

function describe(act: Act): string {
  const summary = `${summaries[act][0]?.toUpperCase()}${summaries[act].slice(1)}.`;
  return `${summary} Where no coordinator runs, one is started for as long as it takes, and the migration taken\nover from what its target says (QDRANT_URL).`;
}

async function carryOut(cli: Cli, act: Act, id: string, { wait, loseWrites, confirm }: ActOptions): Promise<void> {
  await using access = await accessFor(cli, id);
  const words: CommandWords | undefined = loseWrites === undefined && confirm === undefined ? undefined : { loseWrites, confirm };
  const asked = await ask(access, act, id, words);
  // What a fleet of our own has been told to do, it has to be given the time for.
  const view = (wait || access.fleet !== null) && !isAtRest(asked) ? await outcome(cli, access, act, asked) : asked;
  if (wait) checkGoal(act, view);
  cli.result(view, () => renderOutcome(view));
}

/** A migration that a fleet of our own has taken over goes on already; asking it to would be refused. */
async function ask({ api, fleet }: Access, act: Act, id: string, words: CommandWords | undefined): Promise<MigrationView> {
  const taken = fleet === null ? null : await api.view(id);
  return act === 'resume' && taken !== null && !taken.possible.includes('resume') ? taken : api.command(id, act, words);
}

async function outcome(cli: Cli, { api, fleet }: Access, act: Act, asked: MigrationView): Promise<MigrationView> {
  // A coordinator elsewhere carries a resumed migration on; a fleet of our own would end with this command.
  if (act === 'resume' && fleet === null) return asked;
  const reporter = createReporter(cli);
  const following = followMigration(api, asked.id, {
    signal: cli.signal,
    until: isAtRest,
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
