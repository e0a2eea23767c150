import type { MigrationView, Spec } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { Command } from 'commander';
import { connectQdrant } from '../connect-qdrant.ts';
import { type Access, ownFleet, runningCoordinator } from '../coordinator-access.ts';
import { followMigration, hasSettled, waitsForWord } from '../follow-migration.ts';
import type { Cli } from '../host.ts';
import { loadSpec } from '../load-spec.ts';
import { positiveInteger } from '../option-values.ts';
import { createReporter, type Reporter } from '../render/create-reporter.ts';
import { renderOutcome } from '../render/render-view.ts';

export type RunOptions = { readonly workers: number; readonly switch: boolean };

export function addRun(program: Command, cliOf: () => Cli): void {
  program
    .command('run')
    .summary('run a whole migration: starts what is missing, ends when it is ready')
    .description(
      'Runs a whole migration. Without REEMBED_URL it starts a coordinator and workers of its own, and a Redis where REDIS_URL is not set;\n' +
        'Qdrant is the one of QDRANT_URL. It ends when the target is copied and verified, and says what to do next. Stopped at any point,\n' +
        'the same command goes on where it was.',
    )
    .argument('<spec>', 'the spec, a YAML or JSON file')
    .option('--workers <n>', 'worker processes to start', positiveInteger, 2)
    .option('--switch', 'move the alias as soon as it is ready', false)
    .action((file: string, options: RunOptions) => run(cliOf(), file, options));
}

export async function run(cli: Cli, file: string, options: RunOptions): Promise<void> {
  const spec = await loadSpec(file);
  await using access = await accessForRun(cli, options);
  const reporter = createReporter(cli);
  try {
    const lost = access.fleet?.lost ?? new Promise<never>(() => {});
    const view = await Promise.race([lost, migrate({ cli, access, spec, switching: options.switch, reporter })]);
    reporter.close();
    checkOutcome(view, options.switch || spec.switch.mode === 'auto');
    cli.result(view, () => renderOutcome(view));
  } finally {
    reporter.close();
  }
}

/** The coordinator of REEMBED_URL, or a fleet of our own. */
export async function accessForRun(cli: Cli, { workers }: Pick<RunOptions, 'workers'>): Promise<Access> {
  if (cli.env.REEMBED_URL) {
    const api = runningCoordinator(cli);
    return { api, fleet: null, [Symbol.asyncDispose]: () => api.close() };
  }
  const { url } = await connectQdrant(cli.env);
  return ownFleet(cli, url, workers);
}

type Migrating = {
  readonly cli: Cli;
  readonly access: Access;
  readonly spec: Spec;
  /** Whether to give the word to switch. */
  readonly switching: boolean;
  readonly reporter: Reporter;
};

/** How a submission was answered, in words. */
export const submissionWords = {
  created: 'is new',
  repeated: 'was submitted before',
  running: 'is known here already',
  adopted: 'goes on from what its target says',
} as const;

/** Submits the spec and follows it to where it waits for a word, or through the switch where that word is given. */
async function migrate({ cli, access: { api }, spec, switching, reporter }: Migrating): Promise<MigrationView> {
  const submitted = await api.submit(spec);
  reporter.say(`Migration ${submitted.id} (${submitted.source} -> ${submitted.target}) ${submissionWords[submitted.how]}.`);
  const follow = (until: (view: MigrationView) => boolean) =>
    followMigration(api, submitted.id, {
      signal: cli.signal,
      until,
      onEvent: reporter.event,
      onView: (view) => reporter.phase(view.phase),
    });
  const view = await follow(spec.switch.mode === 'auto' ? hasSettled : waitsForWord);
  if (!switching || view.phase !== 'ready' || (view.progress.setAside ?? 0) > 0) return view;
  await api.command(submitted.id, 'switch');
  return follow(hasSettled);
}

/** A migration that waits anywhere but where it was sent is an error that says why. */
function checkOutcome({ id, phase, error, next, blockedBy }: MigrationView, switched: boolean): void {
  if (phase === 'observing' || phase === 'completed' || (phase === 'ready' && !switched)) return;
  if (phase === 'failed') throw new ReembedError(error?.code ?? 'migration-failed', next);
  if (blockedBy.length > 0) throw new ReembedError('gate-not-passed', next);
  throw new ReembedError('wrong-state', `migration ${id} is ${phase}: ${next}`);
}
