import type { FailureChoice, FailurePage, MigrationView } from '@reembed/contracts';
import { hasEnded, ReembedError, reembed } from '@reembed/core';
import type { Command } from 'commander';
import { followMigration, waitsForWord } from '../api/follow-migration.ts';
import { accessFor } from '../fleet/find-coordinator.ts';
import { readKnown } from '../fleet/read-known.ts';
import { table } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';
import { renderOutcome, renderSetAside } from '../terminal/render-migration.ts';
import { createReporter } from '../terminal/reporter.ts';
import { addPaging, migrationId, nextPage, type Paging, sentence, type TakeOver, takeOverOption } from './options.ts';

/** What a person has to decide on, point by point: points that are set aside, and writes that came while the alias moved. */
export function defineFailures(command: Command, cli: Cli): void {
  addPaging(command.description('Lists points that are set aside, with their reasons.').argument(...migrationId)).action(
    (id: string, paging: Paging) => listFailures(cli, id, paging),
  );
}

/** Tries points that are set aside again, or accepts that they are missing. */
export function defineSettle(act: 'retry' | 'accept'): (command: Command, cli: Cli) => void {
  return (command, cli) =>
    command
      .description(sentence(command.summary()))
      .argument(...migrationId)
      .argument('[points...]', 'ids of points')
      .option('--code <code>', 'those with this error code')
      .option('--all', 'all of them')
      .option(...takeOverOption)
      .action((id: string, points: string[], options: ChoiceOptions) =>
        settleFailures(cli, act, id, choiceOf(points, options), options.takeOver),
      );
}

export function defineLateWrites(command: Command, cli: Cli): void {
  command
    .description(
      'Lists writes that reached the old collection while the alias moved; inserts what the target misses, or accepts all as they are.',
    )
    .argument(...migrationId);
  addPaging(command)
    .option('--insert-missing', 'insert what the target misses')
    .option('--accept', 'take them as they are')
    .option(...takeOverOption)
    .action((id: string, options: LateWriteOptions) => {
      const act = options.insertMissing ? 'insert-missing' : options.accept ? 'accept' : null;
      return act === null ? listLateWrites(cli, id, options) : settleLateWrites(cli, id, act, options.takeOver);
    });
}

type ChoiceOptions = TakeOver & { readonly code?: string; readonly all?: true };
type LateWriteOptions = Paging & TakeOver & { readonly insertMissing?: true; readonly accept?: true };

async function listFailures(cli: Cli, id: string, paging: Paging): Promise<void> {
  const { limit, cursor = null } = paging;
  const { page, view } = await readKnown(cli, id, async (from) => ({
    page: await from.failures(id, { cursor, limit }),
    view: await from.view(id),
  }));
  const rows = page.failures.map(({ id: point, vector, code, reason, accepted }) => [
    point.id,
    vector === '' ? '""' : vector,
    accepted ? `${code} (accepted)` : code,
    reason,
  ]);
  cli.result(page, () =>
    [
      ...(rows.length === 0 ? ['No point is set aside.'] : table([['point', 'vector', 'code', 'reason'], ...rows])),
      ...nextPage('failures', view.id, paging, page.next),
      ...whatToDo(view, page),
    ].join('\n'),
  );
}

function whatToDo(view: MigrationView, { failures }: FailurePage): string[] {
  const { id } = view;
  if (hasEnded(view) || failures.every(({ accepted }) => accepted)) return [];
  const [retry, accept] = [reembed('retry', id, '--all'), reembed('accept', id, '--all')];
  return [
    `A point whose payload is mended in the source is tried again by itself; ${retry} tries all of them. ${accept} goes on without them.`,
  ];
}

async function settleFailures(
  cli: Cli,
  act: 'retry' | 'accept',
  id: string,
  choice: FailureChoice,
  takeOver: TakeOver['takeOver'],
): Promise<void> {
  await using access = await accessFor(cli, id, takeOver);
  const progress = await access.api.settleFailures(id, act, choice);
  cli.result(progress, () => `Set aside now: ${renderSetAside(progress)}.`);
}

function choiceOf(ids: string[], { code, all }: ChoiceOptions): FailureChoice {
  const given = [ids.length > 0, code !== undefined, all === true].filter(Boolean).length;
  if (given !== 1) throw new ReembedError('invalid-request', 'say which points: their ids, --code <code>, or --all');
  return { ...(ids.length > 0 ? { ids } : {}), ...(code === undefined ? {} : { code }), ...(all ? { all } : {}) };
}

async function listLateWrites(cli: Cli, id: string, paging: Paging): Promise<void> {
  const { limit, cursor = null } = paging;
  const { page, view } = await readKnown(cli, id, async (from) => ({
    page: await from.lateWrites(id, { cursor, limit }),
    view: await from.view(id),
  }));
  cli.result(page, () =>
    [
      ...(page.lateWrites.length === 0 ? ['No write came late.'] : table(page.lateWrites.map(({ kind, id: point }) => [point.id, kind]))),
      ...nextPage('late-writes', view.id, paging, page.next),
      ...(view.phase === 'observing' && page.lateWrites.length > 0 ? [view.next] : []),
    ].join('\n'),
  );
}

async function settleLateWrites(cli: Cli, id: string, act: 'insert-missing' | 'accept', takeOver: TakeOver['takeOver']): Promise<void> {
  await using access = await accessFor(cli, id, takeOver);
  await access.api.settleLateWrites(id, act);
  const { onAbsence } = createReporter(cli);
  const view = await followMigration(access.api, id, { signal: cli.signal, until: waitsForWord, onAbsence });
  cli.result(view, () => renderOutcome(view));
}
