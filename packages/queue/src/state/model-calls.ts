import type { ModelCallResult, ModelCalls } from '@reembed/core';
import type { RedisConnections } from '../connect-redis.ts';
import type { Keys } from '../keys.ts';
import { modelCallQueue } from '../queues/bullmq.ts';
import { answered } from '../redis-error.ts';

/** How long an answer waits for whoever asked. */
const resultSeconds = 3_600;

/**
 * Model calls of stages, on a queue of the whole fleet. An answer is a key of its own: as a job's return value it would be copied into
 * BullMQ's event stream.
 */
export function createModelCalls(redis: RedisConnections, keys: Keys): ModelCalls {
  const queue = modelCallQueue(redis, keys);
  return {
    async request(job) {
      if ((await answered(redis.requests.exists(keys.modelCall(job.callId)))) === 1) return;
      // A job of this id that is still there swallows the second one.
      await answered(queue().add('call', job, { jobId: modelCallJobId(job.callId) }));
    },
    result: (callId) => loadModelCallResult(redis, keys, callId),
    async forget(callId) {
      await answered(redis.requests.del(keys.modelCall(callId)));
    },
  };
}

/** BullMQ allows no colon in an id, and none of digits alone. */
export function modelCallJobId(callId: string): string {
  return `call-${encodeURIComponent(callId)}`;
}

export async function loadModelCallResult(redis: RedisConnections, keys: Keys, callId: string): Promise<ModelCallResult | null> {
  const text = await answered(redis.requests.get(keys.modelCall(callId)));
  return text === null ? null : JSON.parse(text);
}

/** Stores an answer unless there is one: the first counts. */
export async function storeModelCallResult(redis: RedisConnections, keys: Keys, callId: string, result: ModelCallResult): Promise<void> {
  await answered(redis.requests.set(keys.modelCall(callId), JSON.stringify(result), 'EX', resultSeconds, 'NX'));
}
