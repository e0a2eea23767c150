import type { FailureChoice } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { Command } from 'commander';
import { accessFor } from '../coordinator-access.ts';
import type { Cli } from '../host.ts';
import { positiveInteger } from '../option-values.ts';
import { table } from '../render/quantities.ts';
import { renderSetAside } from '../render/render-view.ts';

type ChoiceOptions = { readonly code?: string; readonly all?: true };

/** Points that are set aside: look at them, try them again, accept that they are missing. */
export function addFailures(program: Command, cliOf: () => Cli): void {
  program
    .command('failures')
    .summary('list points that are set aside, with their reasons')
    .description('Lists points that are set aside, with their reasons.')
    .argument('<id>', 'the id of the migration')
    .option('--limit <n>', 'how many', positiveInteger, 100)
    .option('--cursor <cursor>', 'where the last list ended')
    .action((id: string, options: { limit: number; cursor?: string }) => list(cliOf(), id, options));
  for (const [act, summary] of [
    ['retry', 'try points that are set aside again'],
    ['accept', 'accept that points are missing, as long as their payload stays as it is'],
  ] as const) {
    program
      .command(act)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .argument('<id>', 'the id of the migration')
      .argument('[points...]', 'ids of points')
      .option('--code <code>', 'those with this error code')
      .option('--all', 'all of them')
      .action((id: string, points: string[], options: ChoiceOptions) => settle(cliOf(), act, id, choiceOf(points, options)));
  }
}

async function list(
  cli: Cli,
  id: string,
  { limit, cursor = null }: { readonly limit: number; readonly cursor?: string | null },
): Promise<void> {
  await using access = await accessFor(cli, id);
  const page = await access.api.failures(id, { cursor, limit });
  const rows = page.failures.map(({ id: point, vector, code, reason, accepted }) => [
    point.id,
    vector === '' ? '""' : vector,
    accepted ? `${code} (accepted)` : code,
    reason,
  ]);
  cli.result(page, () =>
    [
      ...(rows.length === 0 ? ['No point is set aside.'] : table([['point', 'vector', 'code', 'reason'], ...rows])),
      ...(page.next === null ? [] : [`more: --cursor ${page.next}`]),
    ].join('\n'),
  );
}

async function settle(cli: Cli, act: 'retry' | 'accept', id: string, choice: FailureChoice): Promise<void> {
  await using access = await accessFor(cli, id);
  const progress = await access.api.settleFailures(id, act, choice);
  cli.result(progress, () => `Set aside now: ${renderSetAside(progress)}.`);
}

function choiceOf(ids: string[], { code, all }: ChoiceOptions): FailureChoice {
  const given = [ids.length > 0, code !== undefined, all === true].filter(Boolean).length;
  if (given !== 1) throw new ReembedError('invalid-request', 'say which points: their ids, --code <code>, or --all');
  return { ...(ids.length > 0 ? { ids } : {}), ...(code === undefined ? {} : { code }), ...(all ? { all } : {}) };
}
