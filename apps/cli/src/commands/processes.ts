import type { Command } from 'commander';
import { mainOf } from '../fleet/child.ts';
import { explainTakenPort } from '../fleet/local-qdrant.ts';
import type { Cli } from '../terminal/host.ts';
import { portNumber, positiveInteger } from './options.ts';

/** The processes of a fleet one by one, for machines where each is started on its own. */
export function defineWorker(command: Command): void {
  command
    .description('Runs a worker until Ctrl-C; any number of them, on any machine that reaches Redis, Qdrant and the provider.')
    .option('--concurrency <n>', 'ranges it works on at once (REEMBED_CONCURRENCY)', positiveInteger)
    .option('--print-config', 'show its settings and end')
    .action(({ concurrency }: { concurrency?: number }) => runApp('@reembed/worker', { REEMBED_CONCURRENCY: concurrency }));
}

export function defineCoordinator(command: Command): void {
  command
    .description('Runs a coordinator until Ctrl-C: the API, its docs, Bull Board, and the stages of every migration.')
    .option('--host <address>', 'the address to listen on; beyond loopback REEMBED_TOKEN is required (REEMBED_HOST)')
    .option('--port <n>', 'the port to listen on; 0 takes a free one (REEMBED_PORT)', portNumber)
    .option('--print-config', 'show its settings and end')
    .action(({ host, port }: { host?: string; port?: number }) =>
      runApp('@reembed/coordinator', { REEMBED_HOST: host, REEMBED_PORT: port }),
    );
}

export function defineGateway(command: Command): void {
  command
    .description(
      'Runs a gateway until Ctrl-C: it speaks Qdrant’s REST API, embeds texts for the collection that an alias names, and writes to both sides of a migration.',
    )
    .option('--host <address>', 'the address to listen on; beyond loopback REEMBED_GATEWAY_TOKEN is required (REEMBED_GATEWAY_HOST)')
    .option('--port <n>', 'the port to listen on; 0 takes a free one (REEMBED_GATEWAY_PORT)', portNumber)
    .option('--print-config', 'show its settings and end')
    .action(({ host, port }: { host?: string; port?: number }) =>
      runApp('@reembed/gateway', { REEMBED_GATEWAY_HOST: host, REEMBED_GATEWAY_PORT: port }),
    );
}

export function defineQdrant(command: Command, { out, signal }: Cli): void {
  command
    .description("Runs a local server with Qdrant's REST interface until Ctrl-C, for development: everything is in memory.")
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <n>', 'the port to listen on; 0 takes a free one', portNumber, 6333)
    .action(async ({ host, port }: { host: string; port: number }) => {
      const { runQdrantLocal } = await import('@reembed/qdrant-local');
      await runQdrantLocal({ host, port, print: out, signal }).catch((error: unknown) => {
        throw explainTakenPort(error, port);
      });
    });
}

/** The app's own main, in this process, with flags over its environment. It listens to signals and sets the exit code itself. */
async function runApp(name: Parameters<typeof mainOf>[0], flags: Readonly<Record<string, string | number | undefined>>): Promise<void> {
  for (const [variable, value] of Object.entries(flags)) if (value !== undefined) process.env[variable] = String(value);
  await import(mainOf(name).href);
}
