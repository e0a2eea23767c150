import { createBullBoard } from '@bull-board/api';
import type { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { isUnreadable, type Migrations } from '@reembed/core';
import { type BoardQueue, createRangeLook, followBoardQueues, type RedisConnections } from '@reembed/queue';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Logger } from 'pino';
import { boardAdapter } from './board-jobs.ts';

const basePath = '/queues';

export type BoardOptions = {
  readonly redis: RedisConnections;
  readonly prefix: string;
  readonly migrations: Pick<Migrations, 'load'>;
  readonly writable: boolean;
  readonly log: Logger;
};

/** Bull Board at /queues: stages, model calls, and every migration's ranges as they appear. Read-only unless told otherwise. */
export async function addBoard(server: FastifyInstance, { redis, prefix, migrations, writable, log }: BoardOptions): Promise<void> {
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(basePath);
  const board = createBullBoard({ queues: [], serverAdapter, options: { uiConfig: { boardTitle: 'reembed', hideRedisDetails: true } } });
  const adapters = new Map<string, BullMQAdapter>();
  const readable = { load: (id: string) => migrations.load(id).catch(orNull) };
  const sources = { migrations: readable, look: createRangeLook({ redis, prefix }) };
  const onQueue = async (change: 'added' | 'removed', shown: BoardQueue) => {
    const known = adapters.get(shown.queue.name);
    if (change === 'removed') {
      if (known !== undefined) board.removeQueue(known);
      adapters.delete(shown.queue.name);
      return;
    }
    const adapter = known ?? boardAdapter({ ...shown, title: await titleOf(readable, shown) }, sources, !writable);
    adapters.set(shown.queue.name, adapter);
    board.addQueue(adapter);
  };
  const following = await followBoardQueues({ redis, prefix, onQueue, log });
  server.addHook('onClose', () => following.stop());
  await server.register(ownScope(serverAdapter));
}

/** The plugin sets an error handler, and what it sends is looked through. */
function ownScope(serverAdapter: FastifyAdapter): FastifyPluginAsync {
  return async (scope) => {
    scope.addHook('onSend', async (_request, reply, payload) => {
      reply.header('content-security-policy', ownResourcesOnly);
      return typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')
        ? withoutFonts(payload)
        : payload;
    });
    await scope.register(serverAdapter.registerPlugin(), { prefix: basePath });
  };
}

/** A document that cannot be read takes no queue from sight. */
function orNull(error: unknown): null {
  if (isUnreadable(error)) return null;
  throw error;
}

/** A migration's queue is known by its name. */
async function titleOf(migrations: Pick<Migrations, 'load'>, { title, migrationId }: BoardQueue): Promise<string> {
  const migration = migrationId === null ? null : await migrations.load(migrationId);
  return migration === null ? title : `${migration.spec.name} (${migration.id})`;
}

/** Who looks at queues of ours tells nobody else of it. The board styles itself inline. */
const ownResourcesOnly =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/** The page asks another host for its fonts; those of the machine will do. */
function withoutFonts(page: string): string {
  return page.replace(/<link\b[^>]*\bhref="https?:[^>]*>/g, '');
}
