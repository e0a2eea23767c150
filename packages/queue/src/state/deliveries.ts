import { type HookDelivery, hookDeliverySchema } from '@reembed/contracts';
import { z } from 'zod';
import { keysOf, type Namespace } from '../redis/keys.ts';
import { parsedJson } from '../redis/parsed-json.ts';
import { answered } from '../redis/requests.ts';

/** Messages to hooks: what is to be delivered, and what came of it. One that cannot be read stops no other. */
export type Deliveries = {
  /** Takes a message on; one of that id which is there already stays as it is. */
  add(delivery: HookDelivery): Promise<void>;
  load(id: string): Promise<HookDelivery | null>;
  save(delivery: HookDelivery): Promise<void>;
  /** Whether this process is the one that tries it now; nobody else does for so long. */
  claim(id: string, ms: number): Promise<boolean>;
  unclaim(id: string): Promise<void>;
  /** The newest first. */
  list(): Promise<HookDelivery[]>;
  /** Forgets what is over, but for the newest. */
  prune(): Promise<void>;
};

/** Deliveries that are over, and kept to be looked at. */
const mostKept = 1_000;

const storedSchema = hookDeliverySchema.extend({ format: z.literal(1) });

export function createDeliveries({ redis: { requests }, prefix }: Namespace): Deliveries {
  const { deliveries, deliveryClaim } = keysOf(prefix);
  const read = (text: string | null): HookDelivery[] => {
    const { data } = storedSchema.safeParse(parsedJson(text ?? ''));
    if (data === undefined) return [];
    const { format: _format, ...delivery } = data;
    return [delivery];
  };
  const textOf = (delivery: HookDelivery) => JSON.stringify({ ...delivery, format: 1 });
  const list = async () =>
    (await answered(requests.hvals(deliveries))).flatMap(read).sort((a, b) => b.message.at.localeCompare(a.message.at));
  return {
    list,
    add: async (delivery) => void (await answered(requests.hsetnx(deliveries, delivery.id, textOf(delivery)))),
    load: async (id) => read(await answered(requests.hget(deliveries, id)))[0] ?? null,
    save: async (delivery) => void (await answered(requests.hset(deliveries, delivery.id, textOf(delivery)))),
    claim: async (id, ms) => (await answered(requests.set(deliveryClaim(id), '1', 'PX', ms, 'NX'))) === 'OK',
    unclaim: async (id) => void (await answered(requests.del(deliveryClaim(id)))),
    async prune() {
      const over = (await list()).filter(({ state }) => state !== 'pending').slice(mostKept);
      if (over.length > 0) await answered(requests.hdel(deliveries, ...over.map(({ id }) => id)));
    },
  };
}
