import { setTimeout as sleep } from 'node:timers/promises';
import type { BackfillRequest, MigrationView } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { followMigration, waitsForWord } from '../follow-migration.ts';
import type { Cli } from '../host.ts';
import { positiveInteger } from '../option-values.ts';
import { createReporter, type Reporter } from '../render/create-reporter.ts';
import { renderLacking, renderOutcome } from '../render/render-view.ts';
import { accessForRun, submissionWords } from './run.ts';

type BackfillOptions = Omit<BackfillRequest, 'collection'> & { readonly workers: number };

export function addBackfill(program: Command, cliOf: () => Cli): void {
  program
    .command('backfill')
    .summary('give points of a collection the named vector they lack')
    .description(
      'Gives every point that lacks a named vector that vector, in the collection itself, and adds the vector where the collection has none of\n' +
        'that name (Qdrant 1.18 or later). Points that have it are left as they are and cost nothing. It ends when a look over all points finds\n' +
        'none without. Fleet and Qdrant as for `reembed run`; stopped at any point, the same command goes on where it was.',
    )
    .argument('<collection>', 'the collection, or an alias of it')
    .requiredOption('--vector <name>', 'the named vector')
    .option('--model <provider/name>', "what makes it; default: what the collection's own metadata says")
    .option('--text <template>', 'the text that is embedded, "{{title}}\\n\\n{{body}}"; goes with --model')
    .option('--dimensions <n>', "default: the model's own size", positiveInteger)
    .option('--workers <n>', 'worker processes to start', positiveInteger, 2)
    .action((collection: string, options: BackfillOptions) => backfill(cliOf(), collection, options));
}

async function backfill(cli: Cli, collection: string, { workers, ...request }: BackfillOptions): Promise<void> {
  await using access = await accessForRun(cli, { workers });
  const reporter = createReporter(cli);
  try {
    const lost = access.fleet?.lost ?? new Promise<never>(() => {});
    const view = await Promise.race([lost, fillAll({ cli, api: access.api, reporter }, { collection, ...request })]);
    reporter.close();
    checkCompleted(view);
    cli.result(view, () => renderOutcome(view));
  } finally {
    reporter.close();
  }
}

type Filling = { readonly cli: Cli; readonly api: ApiClient; readonly reporter: Reporter };

/** Fills until nothing is lacking, then completes; where points are set aside a person decides. */
async function fillAll({ cli, api, reporter }: Filling, request: BackfillRequest): Promise<MigrationView> {
  const submitted = await api.backfill(request);
  reporter.say(`Migration ${submitted.id} (in ${submitted.target}) ${submissionWords[submitted.how]}.`);
  const follow = (until: (view: MigrationView) => boolean) =>
    followMigration(api, submitted.id, {
      signal: cli.signal,
      until,
      onEvent: reporter.event,
      onView: ({ phase }) => reporter.phase(phase),
    });
  let view = await follow(waitsForWord);
  for (let told = ''; isLacking(view); view = await api.view(view.id)) {
    const lacking = view.filling === null ? '' : renderLacking(view.filling);
    if (lacking !== told) reporter.say(`${lacking}: it looks again.`);
    told = lacking;
    await sleep(500, undefined, { signal: cli.signal });
  }
  if (view.phase !== 'ready' || view.progress.setAside !== 0) return view;
  await api.command(view.id, 'complete');
  return follow(({ phase }) => phase !== 'completing');
}

function isLacking({ phase, filling, progress }: MigrationView): boolean {
  return phase === 'ready' && progress.setAside === 0 && filling?.lacking !== 0;
}

function checkCompleted({ id, phase, error, next }: MigrationView): void {
  if (phase === 'completed') return;
  throw new ReembedError(error?.code ?? 'wrong-state', `migration ${id} is ${phase}: ${next}`);
}
