import { type ModelCallJob, modelCallJobSchema } from '@reembed/contracts';
import { isReembedError, type ModelCallAnswer, type ModelCallResult } from '@reembed/core';
import type { RedisConnections } from '../connect-redis.ts';
import { defaultPrefix, type Keys, keysOf } from '../keys.ts';
import { type Log, silentLog } from '../log.ts';
import { loadModelCallResult, storeModelCallResult } from '../state/model-calls.ts';
import { type LockOptions, modelCallQueueName } from './bullmq.ts';
import { type Consumer, startConsumer } from './worker-lifecycle.ts';

export type ModelCallConsumerOptions = LockOptions & {
  readonly redis: RedisConnections;
  readonly prefix?: string;
  readonly concurrency?: number;
  readonly log?: Log;
  /** A ReembedError it throws becomes the answer; anything else becomes `internal`. */
  readonly handler: (job: ModelCallJob, signal: AbortSignal) => Promise<ModelCallAnswer>;
};

/** Serves model calls, until stopped. */
export function createModelCallConsumer(options: ModelCallConsumerOptions): Consumer {
  const keys = keysOf(options.prefix ?? defaultPrefix);
  const log = options.log ?? silentLog;
  return startConsumer({
    ...options,
    keys,
    queue: modelCallQueueName,
    concurrency: options.concurrency ?? 2,
    log,
    async handle(data, signal) {
      const job = modelCallJobSchema.parse(data);
      await serve(options, keys, log, job, signal);
      return 'done';
    },
  });
}

async function serve(options: ModelCallConsumerOptions, keys: Keys, log: Log, job: ModelCallJob, signal: AbortSignal): Promise<void> {
  if ((await loadModelCallResult(options.redis, keys, job.callId)) !== null) return;
  const result = await options.handler(job, signal).then(
    (answer): ModelCallResult => ({ ok: true, answer }),
    (error: unknown): ModelCallResult => {
      if (signal.aborted) throw error;
      if (isReembedError(error)) return { ok: false, code: error.code, message: error.message };
      log.error({ err: error, model: job.model }, 'a model call failed in a way it should not');
      return { ok: false, code: 'internal', message: error instanceof Error ? error.message : String(error) };
    },
  );
  await storeModelCallResult(options.redis, keys, job.callId, result);
}
