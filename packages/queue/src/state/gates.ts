import type { GateStore } from '@reembed/core';
import type { RedisConnections } from '../connect-redis.ts';
import type { Keys } from '../keys.ts';
import { answered } from '../redis-error.ts';

/** A measurement that has not ended in a day began anew long ago. */
const drawSeconds = 86_400;

/** What gates measured, a key a migration: it is too long for the document, which every look at a migration loads. */
export function createGates({ requests }: RedisConnections, keys: Keys): GateStore {
  const read = async (key: string) => {
    const text = await answered(requests.get(key));
    return text === null ? null : JSON.parse(text);
  };
  return {
    async save(id, gates) {
      await answered(requests.set(keys.gates(id), JSON.stringify(gates)));
    },
    load: (id) => read(keys.gates(id)),
    async saveDraw(id, draw) {
      await answered(requests.set(keys.gateDraw(id), JSON.stringify(draw), 'EX', drawSeconds));
    },
    draw: (id) => read(keys.gateDraw(id)),
  };
}
