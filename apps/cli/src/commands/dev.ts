import { withoutSecrets } from '@reembed/contracts';
import type { Command } from 'commander';
import { startQdrant } from '../fleet/local-qdrant.ts';
import { startFleet } from '../fleet/start-fleet.ts';
import { connectQdrant } from '../inputs/connect-qdrant.ts';
import { table } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';
import { positiveInteger } from './options.ts';

export function defineDev(command: Command, cli: Cli): void {
  command
    .description(
      'Runs a coordinator, workers, a Redis where REDIS_URL is not set and a local Qdrant where QDRANT_URL is not set, until Ctrl-C.\n' +
        'A Redis and a Qdrant that it started keep nothing.',
    )
    .option('--workers <n>', 'worker processes', positiveInteger, 2)
    .action((options: { workers: number }) => dev(cli, options));
}

async function dev(cli: Cli, { workers }: { readonly workers: number }): Promise<void> {
  const { env, err, verbose, signal } = cli;
  await using qdrant = env.QDRANT_URL ? theirs(env.QDRANT_URL) : await startQdrant({ port: 6333, env, err });
  const qdrantUrl = qdrant.url;
  await connectQdrant({ ...env, QDRANT_URL: qdrantUrl });
  const address = { host: env.REEMBED_HOST || '127.0.0.1', port: Number(env.REEMBED_PORT || 8765) };
  await using fleet = await startFleet({ env, qdrantUrl, workers, verbose, err, ...address });
  const urls = {
    api: `${fleet.url}/v1/migrations`,
    docs: `${fleet.url}/docs`,
    board: `${fleet.url}/queues`,
    qdrant: withoutSecrets(qdrantUrl),
    redis: withoutSecrets(fleet.redisUrl),
  };
  cli.result(urls, () =>
    [
      ...table([
        ['API', urls.api],
        ['API docs', urls.docs],
        ['Bull Board', urls.board],
        ['Qdrant', urls.qdrant],
        ['Redis', urls.redis],
        ['workers', String(workers)],
      ]),
      'Submit a spec with `reembed submit spec.yaml`. Ctrl-C ends everything.',
    ].join('\n'),
  );
  const told = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([told, fleet.lost]);
}

/** A server that was there before and stays. */
function theirs(url: string) {
  return { url, [Symbol.asyncDispose]: async () => {} };
}
