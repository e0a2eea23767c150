import { errorCodeSchema, jobName, type ModelCallJob, witnessSchema } from '@reembed/contracts';
import { isReembedError, type ModelCallAnswer, type ModelCallResult, type ModelCalls, summarizeError } from '@reembed/core';
import { z } from 'zod';
import type { RedisConnections } from '../redis/connect-redis.ts';
import { type Keys, keysOf } from '../redis/keys.ts';
import { type Log, silentLog } from '../redis/log.ts';
import { parsedJson } from '../redis/parsed-json.ts';
import { answered } from '../redis/requests.ts';
import { modelCallQueue, modelCallQueueName } from './bullmq-queues.ts';
import { type Consumer, type ConsumerSettings, startConsumer } from './consumer.ts';

/** What was written before formats were is of the first. */
const formatSchema = z.object({ format: z.int().default(1) });
const resultFormat = 1;

const resultSchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    answer: z.discriminatedUnion('call', [
      z.object({ call: z.literal('witness'), witness: witnessSchema }),
      z.object({
        call: z.literal('embed'),
        embedded: z.array(z.union([z.object({ vector: z.string() }), z.object({ refused: z.string() })])),
      }),
    ]),
  }),
  z.object({
    ok: z.literal(false),
    code: errorCodeSchema.catch('internal'),
    message: z.string(),
    retryAfterMs: z.number().exactOptional(),
    retry: z.literal('never').exactOptional(),
  }),
]);

/** How long an answer is kept for the stage that asked. */
const resultSeconds = 3_600;

/**
 * Model calls of stages, on a queue of the whole fleet. An answer is a key of its own: as a job's return value it would be copied into
 * BullMQ's event stream.
 */
export function createModelCalls(redis: RedisConnections, keys: Keys): ModelCalls {
  const queue = modelCallQueue(redis, keys);
  return {
    async request(job) {
      if ((await loadResult(redis, keys, job.callId)) !== null) return;
      // A job of this id that is still there swallows the second one.
      await answered(queue().add(jobName('call'), job, { jobId: jobIdOf(job.callId) }));
    },
    result: (callId) => loadResult(redis, keys, callId),
    active: () => answered(queue().getActiveCount()),
    async forget(callId) {
      await answered(redis.requests.del(keys.modelCall(callId)));
    },
  };
}

export type ModelCallConsumerOptions = ConsumerSettings & {
  readonly concurrency?: number;
  /** A ReembedError it throws becomes the answer; anything else becomes `internal`. */
  readonly handler: (job: ModelCallJob, signal: AbortSignal) => Promise<ModelCallAnswer>;
};

/** Serves model calls, until stopped. */
export function createModelCallConsumer({ handler, concurrency = 2, ...settings }: ModelCallConsumerOptions): Consumer {
  const { redis, log = silentLog } = settings;
  const keys = keysOf(settings.prefix);
  return startConsumer({
    ...settings,
    queue: modelCallQueueName,
    kind: 'call',
    concurrency,
    async handle(job, signal) {
      if ((await loadResult(redis, keys, job.callId)) !== null) return 'done';
      const result = await resultOf(handler(job, signal), job, signal, log);
      await storeResult(redis, keys, job.callId, result);
      return 'done';
    },
  });
}

/** What a handler's promise comes to; one that was aborted throws. */
async function resultOf(
  answer: Promise<ModelCallAnswer>,
  { model }: ModelCallJob,
  signal: AbortSignal,
  log: Log,
): Promise<ModelCallResult> {
  try {
    return { ok: true, answer: await answer };
  } catch (error) {
    if (signal.aborted) throw error;
    if (!isReembedError(error)) log.error({ err: error, model }, 'a model call failed in a way it should not');
    return { ok: false, ...summarizeError(error) };
  }
}

/** BullMQ refuses an id with a colon in it, and one of digits alone. */
function jobIdOf(callId: string): string {
  return `call-${encodeURIComponent(callId)}`;
}

/** An answer that cannot be read is forgotten, and the call asked again; one of a later format would come again and again, and says so instead. */
async function loadResult(redis: RedisConnections, keys: Keys, callId: string): Promise<ModelCallResult | null> {
  const text = await answered(redis.requests.get(keys.modelCall(callId)));
  if (text === null) return null;
  const json = parsedJson(text);
  const { format } = formatSchema.safeParse(json).data ?? { format: resultFormat };
  if (format > resultFormat) {
    const message = `a worker answered in format ${format}, and this process reads formats up to ${resultFormat}: upgrade the coordinators, too`;
    return { ok: false, code: 'newer-version', message };
  }
  const { data } = resultSchema.safeParse(json);
  if (data === undefined) await answered(redis.requests.del(keys.modelCall(callId)));
  return data ?? null;
}

/** Stores an answer unless there is one: the first counts. */
async function storeResult(redis: RedisConnections, keys: Keys, callId: string, result: ModelCallResult): Promise<void> {
  await answered(
    redis.requests.set(keys.modelCall(callId), JSON.stringify({ ...result, format: resultFormat }), 'EX', resultSeconds, 'NX'),
  );
}
