import type { MigrationView, Spec } from '@reembed/contracts';
import { type AdoptWords, printedCommands, reembed } from '@reembed/core';
import type { Command } from 'commander';
import { type FollowOptions, hasSettled, showMigration, waitsForWord } from '../api/follow-migration.ts';
import { type Access, accessForWork, runningCoordinator } from '../fleet/find-coordinator.ts';
import { takeUp } from '../fleet/take-up.ts';
import { loadSpec } from '../inputs/load-spec.ts';
import type { Cli } from '../terminal/host.ts';
import { renderChanges, renderView, submissionWords } from '../terminal/render-migration.ts';
import { createReporter } from '../terminal/reporter.ts';
import { endWith } from './end-with.ts';
import { positiveInteger, shareOfWhole, specFile, type TakeOver, takeOverOption } from './options.ts';

/** How work is taken up: `run` sees it through, `submit` and `adopt` give it to the running coordinator. */
export function defineRun(command: Command, cli: Cli): void {
  command
    .description(
      'Runs a whole migration. Without REEMBED_URL it starts a coordinator and workers of its own, and a Redis where REDIS_URL is not set;\n' +
        'Qdrant is the one of QDRANT_URL. It ends when the target is copied and verified, and says what to do next. Stopped at any point,\n' +
        'the same command goes on where it was.',
    )
    .argument(...specFile)
    .option('--workers <n>', 'worker processes to start', positiveInteger, 2)
    .option('--until <share>', 'pause once so much is copied, such as 5%, to look at it; the same command without it goes on', shareOfWhole)
    .option('--switch', 'move the alias as soon as it is ready', false)
    .option(...takeOverOption)
    .action((file: string, options: RunOptions) => run(cli, file, options));
}

export function defineSubmit(command: Command, cli: Cli): void {
  command
    .description(
      'Gives a spec to the running coordinator (REEMBED_URL). The same spec again answers with its migration, an edited one changes it.',
    )
    .argument(...specFile)
    .option(...takeOverOption)
    .action(async (file: string, { takeOver }: TakeOver) => {
      const spec = await loadSpec(file);
      const view = await runningCoordinator(cli).submit(spec, takeOver);
      cli.result(view, () => [...renderChanges(view), renderView(view), `follow it: ${reembed('status', view.id, '--watch')}`].join('\n'));
    });
}

export function defineAdopt(command: Command, cli: Cli): void {
  command
    .description(
      'Lets the running coordinator go on with the migration that a target collection tells of, where its Redis knows nothing of it, or where\n' +
        'another fleet took it over.',
    )
    .argument('<target>', 'the target collection')
    .option('--rebuild-metadata', 'write its phase into its metadata anew, where that is damaged and no other fleet works on it', false)
    .option('--again', 'take up again what was rolled back: only what is not stored is embedded', false)
    .option('--overwrite', 'with --again: replace what was written to the target while it was live', false)
    .option(...takeOverOption)
    .action(async (target: string, words: AdoptWords) => {
      const view = await runningCoordinator(cli).adopt(target, words);
      cli.result(view, () => renderView(view));
    });
}

type RunOptions = TakeOver & { readonly workers: number; readonly switch: boolean; readonly until?: number };

async function run(cli: Cli, file: string, options: RunOptions): Promise<void> {
  const spec = await loadSpec(file);
  await using access = await accessForWork(cli, options.workers);
  const view = await Promise.race([access.lost, migrate({ cli, access, spec, options })]);
  const ready = options.switch || spec.switch.mode === 'auto' ? [] : (['ready'] as const);
  const asked = options.until === undefined ? [] : (['paused'] as const);
  endWith(cli, access.own ? withAgain(view, file, options) : view, ['observing', 'completed', ...ready, ...asked]);
}

/** A fleet of our own ends with the command: where a failure does not say its way out, the same command is what goes on. */
function withAgain(view: MigrationView, file: string, { switch: switching }: RunOptions): MigrationView {
  const { phase, error } = view;
  if (phase !== 'failed' || error === null || printedCommands(error.message).length > 0) return view;
  const again = reembed('run', file, ...(switching ? ['--switch'] : []));
  return { ...view, next: `Stopped: ${error.message}. Once that is mended, ${again} goes on` };
}

type Migrating = {
  readonly cli: Cli;
  readonly access: Access;
  readonly spec: Spec;
  readonly options: RunOptions;
};

/** Submits the spec and follows it to where it waits for a word, or through the switch where that word is given. */
async function migrate({ cli, access, spec, options }: Migrating): Promise<MigrationView> {
  const taking = { takeOver: options.takeOver, target: spec.target.collection };
  const submitted = await takeUp(cli, access, taking, (takeOver) => access.api.submit(spec, takeOver));
  const { id, source, target, how, changes, phase, possible } = submitted;
  cli.say(`Migration ${id} (${source} -> ${target}) ${submissionWords[how]}.`);
  for (const line of renderChanges({ changes })) cli.say(line);
  // The same command again goes on where it was, also after a failure.
  const mayMove = options.switch || spec.switch.mode === 'auto';
  const looked = options.until !== undefined || submitted.stoppedAt !== null;
  if (looked) await access.api.tune(id, { until: options.until ?? null });
  if ((phase === 'failed' || (phase === 'paused' && looked)) && possible.includes('resume'))
    await access.api.command(id, 'resume', { switch: mayMove });
  const reporter = createReporter(cli);
  const follow = (until: FollowOptions['until']) => showMigration(cli, access, id, until, reporter);
  const view = await follow(spec.switch.mode === 'auto' ? hasSettled : waitsForWord);
  if (!options.switch || view.phase !== 'ready' || (view.progress.setAside ?? 0) > 0) return view;
  await access.api.command(id, 'switch');
  return follow(hasSettled);
}
