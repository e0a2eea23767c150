import type { TuneReply, TuneRequest } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { Command } from 'commander';
import { accessFor } from '../fleet/find-coordinator.ts';
import type { Cli } from '../terminal/host.ts';
import { renderChanges, renderView } from '../terminal/render-migration.ts';
import { decimalOrNone, migrationId, positiveInteger, shareOfWhole, shareOrNone, type TakeOver, takeOverOption } from './options.ts';

type Throttle = NonNullable<TuneRequest['throttle']>;
type TuneOptions = TakeOver & Throttle & NonNullable<TuneRequest['copy']> & { readonly until?: number | null };

export function defineTune(command: Command, cli: Cli): void {
  command
    .description('Changes how fast a migration under way goes, and what it may use. What is left out stays; `none` takes a limit away.')
    .argument(...migrationId)
    .option('--points-per-second <n>', 'points of the source that the whole fleet reads in a second, at most', decimalOrNone)
    .option('--max-search-latency-ms <ms>', 'how long searches of source and target may take meanwhile (p95)', decimalOrNone)
    .option('--critical-latency-ms <ms>', 'past this p95 nothing is read or written until they are fast again', decimalOrNone)
    .option('--share <share>', "the share of a provider's limits, such as 50%", shareOfWhole)
    .option('--max-cost-usd <usd>', 'what embedding may cost: it pauses before the request that would pass it', decimalOrNone)
    .option('--max-disk-percent <n>', 'how full the disk under the data of Qdrant may be', decimalOrNone)
    .option('--max-memory-percent <n>', 'how much of its memory the process of Qdrant may hold', decimalOrNone)
    .option('--streams <n>', 'ranges that one worker process works on at once', positiveInteger)
    .option('--page-points <n>', 'points of one scroll and one upsert', positiveInteger)
    .option('--until <share>', 'pause once so much is copied, such as 5%; none: go on', shareOrNone)
    .option(...takeOverOption)
    .action((id: string, options: TuneOptions) => tune(cli, id, options));
}

async function tune(cli: Cli, id: string, { takeOver, streams, pagePoints, until, ...throttle }: TuneOptions): Promise<void> {
  const copy = { ...(streams !== undefined && { streams }), ...(pagePoints !== undefined && { pagePoints }) };
  const change: TuneRequest = {
    ...(Object.keys(throttle).length > 0 && { throttle }),
    ...(Object.keys(copy).length > 0 && { copy }),
    ...(until !== undefined && { until }),
  };
  if (Object.keys(change).length === 0) throw new ReembedError('invalid-request', 'say what to change, such as --points-per-second 500');
  await using access = await accessFor(cli, id, takeOver);
  const reply: TuneReply = await access.api.tune(id, change);
  cli.result(reply, () => [...renderChanges(reply), renderView(reply)].join('\n'));
}
