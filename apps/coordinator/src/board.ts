import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { type BoardQueue, followBoardQueues, type RedisConnections } from '@reembed/queue';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

const basePath = '/queues';

export type BoardOptions = { readonly redis: RedisConnections; readonly prefix: string; readonly writable: boolean; readonly log: Logger };

/** Bull Board at /queues: stages, model calls, and every migration's ranges as they appear. Read-only unless told otherwise. */
export async function addBoard(server: FastifyInstance, { redis, prefix, writable, log }: BoardOptions): Promise<void> {
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(basePath);
  const board = createBullBoard({ queues: [], serverAdapter, options: { uiConfig: { boardTitle: 'reembed', hideRedisDetails: true } } });
  const adapters = new Map<string, BullMQAdapter>();
  const onQueue = (change: 'added' | 'removed', { title, queue }: BoardQueue) => {
    const adapter = adapters.get(title) ?? new BullMQAdapter(queue, { readOnlyMode: !writable, displayName: title });
    if (change === 'added') board.addQueue(adapter);
    else board.removeQueue(adapter);
    if (change === 'added') adapters.set(title, adapter);
    else adapters.delete(title);
  };
  const following = await followBoardQueues({ redis, prefix, onQueue, log });
  server.addHook('onClose', () => following.stop());
  // The plugin gets a scope of its own, because it sets an error handler.
  await server.register(serverAdapter.registerPlugin(), { prefix: basePath });
}
