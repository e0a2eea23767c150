import { setTimeout as sleep } from 'node:timers/promises';
import type { BackfillRequest, MigrationView } from '@reembed/contracts';
import type { Command } from 'commander';
import { showMigration, waitsForWord } from '../api/follow-migration.ts';
import { type Access, accessForWork } from '../fleet/find-coordinator.ts';
import { takeUp } from '../fleet/take-up.ts';
import type { Cli } from '../terminal/host.ts';
import { renderLacking, submissionWords } from '../terminal/render-migration.ts';
import { createReporter } from '../terminal/reporter.ts';
import { endWith } from './end-with.ts';
import { positiveInteger, type TakeOver, takeOverOption } from './options.ts';

type BackfillOptions = Omit<BackfillRequest, 'collection'> & TakeOver & { readonly workers: number };

export function defineBackfill(command: Command, cli: Cli): void {
  command
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
    .option(...takeOverOption)
    .action((collection: string, options: BackfillOptions) => backfill(cli, collection, options));
}

async function backfill(cli: Cli, collection: string, { workers, takeOver, ...request }: BackfillOptions): Promise<void> {
  await using access = await accessForWork(cli, workers);
  const view = await Promise.race([access.lost, fillAll(cli, access, { collection, ...request }, takeOver)]);
  endWith(cli, view, ['completed']);
}

/** Fills until nothing is lacking, then completes; where points are set aside a person decides. */
async function fillAll(cli: Cli, access: Access, request: BackfillRequest, word: TakeOver['takeOver']): Promise<MigrationView> {
  const taking = { takeOver: word, target: request.collection };
  const { id, target, how } = await takeUp(cli, access, taking, (takeOver) => access.api.backfill(request, takeOver));
  cli.say(`Migration ${id} (in ${target}) ${submissionWords[how]}.`);
  const reporter = createReporter(cli);
  let view = await showMigration(cli, access, id, waitsForWord, reporter);
  for (let told = ''; isLacking(view); view = await access.api.view(id)) {
    const lacking = view.filling === null ? '' : renderLacking(view.filling);
    if (lacking !== told) cli.say(`${lacking}: it looks again.`);
    told = lacking;
    await sleep(500, undefined, { signal: cli.signal });
  }
  if (view.phase !== 'ready' || view.progress.setAside !== 0) return view;
  await access.api.command(id, 'complete');
  return showMigration(cli, access, id, ({ phase }) => phase !== 'completing', reporter);
}

function isLacking({ phase, filling, progress }: MigrationView): boolean {
  return phase === 'ready' && progress.setAside === 0 && filling?.lacking !== 0;
}
