import type { Migration, Signals } from '@reembed/core';
import type { RedisConnections } from '../connect-redis.ts';
import type { Keys } from '../keys.ts';
import { answered } from '../redis-error.ts';

export type Moved = Pick<Migration, 'id' | 'phase' | 'epoch'>;

export type SignalsWithListener = Signals & {
  /** Calls `handler` when a migration has moved. Pub/sub loses messages: whoever must know looks at the document from time to time too. */
  onMoved(handler: (moved: Moved) => void): Promise<() => Promise<void>>;
};

export function createSignals(redis: RedisConnections, keys: Keys): SignalsWithListener {
  return {
    async moved({ id, phase, epoch }) {
      await answered(redis.requests.publish(keys.moved, JSON.stringify({ id, phase, epoch })));
    },
    onMoved(handler) {
      return redis.subscribe(keys.moved, (message) => handler(JSON.parse(message)));
    },
  };
}
