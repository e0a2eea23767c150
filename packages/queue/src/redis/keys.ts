import type { RedisConnections } from './connect-redis.ts';

/** Where a fleet keeps everything of its own. */
export type Namespace = {
  readonly redis: RedisConnections;
  /**
   * What all keys begin with; fleets that share a Redis need one each. It should have braces: they are a hash tag, by which all keys lie in
   * one slot of a Redis Cluster, so that one script may touch several of them.
   */
  readonly prefix: string;
};

export type Keys = ReturnType<typeof keysOf>;

/** The names of all keys and channels under a prefix: nothing else spells one. */
export function keysOf(prefix: string) {
  const split = (id: string) => `${prefix}:split:${id}`;
  const bounds = (id: string) => `${prefix}:bounds:${id}`;
  const spent = (id: string) => `${prefix}:spent:${id}`;
  const events = (id: string) => `${prefix}:events:${id}`;
  const gates = (id: string) => `${prefix}:gates:${id}`;
  const gateDraw = (id: string) => `${prefix}:gate-draw:${id}`;
  /** Sorted set by the order of ids, with the empty text first: the points that are filled first. */
  const hot = (id: string) => `${prefix}:hot:${id}`;
  /** Hash: how fast it may go, until when that holds, and what was taken. */
  const pace = (id: string) => `${prefix}:pace:${id}`;
  /** Hash: what its ranges spent their time on lately. */
  const times = (id: string) => `${prefix}:times:${id}`;
  /** What it has spent, or is about to, in US dollars. */
  const cost = (id: string) => `${prefix}:cost:${id}`;
  /** Hash by part: what its batch has cost, or is to; under the empty text the sum. */
  const batchCosts = (id: string) => `${prefix}:batch-costs:${id}`;
  /** Hash of sums: what gateways found of searches of both sides. */
  const searches = (id: string) => `${prefix}:searches:${id}`;
  return {
    /** What is kept of a migration beside its document and its passes. */
    kept: (id: string) =>
      [split, bounds, spent, events, gates, gateDraw, hot, pace, times, cost, batchCosts, searches].map((key) => key(id)),
    ...{ split, bounds, spent, events, gates, gateDraw, hot, pace, times, cost, batchCosts, searches },
    /** BullMQ's own prefix; its keys are `<bull>:<queue>:<kind>`. */
    bull: `${prefix}:bull`,
    migrations: `${prefix}:migrations`,
    migration: (id: string) => `${prefix}:migration:${id}`,
    claims: `${prefix}:claims`,
    idempotency: (hash: string) => `${prefix}:idempotency:${hash}`,
    passes: (id: string) => `${prefix}:passes:${id}`,
    pass: (id: string, pass: number) => passKeys(`${prefix}:pass:${id}:${pass}`),
    writers: (id: string, epoch: number) => `${prefix}:writers:${id}:${epoch}`,
    modelCall: (callId: string) => `${prefix}:model-call:${callId}`,
    /** Hash by place, of each size of vectors: what was embedded before. */
    vectors: `${prefix}:vectors`,
    /** Hash by id: messages to hooks, and what came of them. */
    deliveries: `${prefix}:deliveries`,
    deliveryClaim: (id: string) => `${prefix}:delivery-claim:${id}`,
    fleet: `${prefix}:fleet`,
    workers: `${prefix}:workers`,
    coordinators: `${prefix}:coordinators`,
    /** There while a gateway shares this Redis. */
    gateways: `${prefix}:gateways`,
    provider: (model: string) => providerKeys(`${prefix}:provider:${model}`),
    rangeQueues: `${prefix}:range-queues`,
    /** Channels. */
    moved: `${prefix}:moved`,
    /** Of which migration there is an event to read. */
    published: `${prefix}:published`,
    rangeQueuesChanged: `${prefix}:range-queues-changed`,
  };
}

function providerKeys(base: string) {
  return {
    /** Why nobody may send; it lasts as long as they may not. */
    hold: `${base}:hold`,
    /** Something was wrong, and no request has passed since. */
    trouble: `${base}:trouble`,
    /** The request that is out to see whether it still is. */
    probe: `${base}:probe`,
    /** Hash by limit: when the next request is due. */
    pace: `${base}:pace`,
    /** Sorted set: requests under way, by when they are given up for lost. */
    underWay: `${base}:under-way`,
    /** Hash: what the server takes at once, as far as it was found out. */
    fits: `${base}:fits`,
    /** Since when queries go before everything else: they wait, or have failed. It lasts as long as they do. */
    queries: `${base}:queries`,
  };
}

function passKeys(base: string) {
  return {
    /** Hash: counts, what was found, the fatal error. */
    totals: base,
    /** Hash by seq: ranges that were taken up and are still open. An untouched range and a closed one need no entry. */
    open: `${base}:open`,
    /** Bitmap by seq: done or given up. */
    closed: `${base}:closed`,
    failures: `${base}:failures`,
    /** List: findings kept one by one. */
    listed: `${base}:listed`,
    /** Hash by seq: what the source range hashed to. */
    hashes: `${base}:hashes`,
  };
}
