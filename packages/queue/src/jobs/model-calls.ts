import { errorCodeSchema, jobName, type ModelCallJob, type SealedJob, sealedJobSchema, witnessSchema } from '@reembed/contracts';
import { isReembedError, type ModelCallAnswer, type ModelCallResult, type ModelCalls, summarizeError } from '@reembed/core';
import { z } from 'zod';
import type { RedisConnections } from '../redis/connect-redis.ts';
import { type Keys, keysOf } from '../redis/keys.ts';
import { type Log, silentLog } from '../redis/log.ts';
import { parsedJson } from '../redis/parsed-json.ts';
import { answered } from '../redis/requests.ts';
import type { Seal } from '../redis/seal.ts';
import { createWorkersLately } from '../state/fleet.ts';
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
      z.object({ call: z.literal('end-batches'), stopped: z.int().nonnegative() }),
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

/** Where answers are kept. */
type Answers = { readonly redis: RedisConnections; readonly keys: Keys; readonly seal: Seal };

/** How long an answer is kept for the stage that asked. */
const resultSeconds = 3_600;

/**
 * Model calls of stages, on a queue of the whole fleet. An answer is a key of its own: as a job's return value it would be copied into
 * BullMQ's event stream. Texts and vectors are sealed where there is a key.
 */
export function createModelCalls(redis: RedisConnections, keys: Keys, seal: Seal): ModelCalls {
  const queue = modelCallQueue(redis, keys);
  const workersLately = createWorkersLately(redis, keys);
  return {
    async request(job) {
      if ((await loadResult({ redis, keys, seal }, job.callId)) !== null) return;
      // A job of this id that is still there swallows the second one.
      const [name, data] = seal.isSealing ? [jobName('call', 2), sealed(job, seal)] : [jobName('call'), job];
      await answered(queue().add(name, data, { jobId: jobIdOf(job.callId) }));
    },
    result: (callId) => loadResult({ redis, keys, seal }, callId),
    active: async () => ((await workersLately()) ? answered(queue().getActiveCount()) : 0),
    async forget(callId) {
      await answered(redis.requests.del(keys.modelCall(callId)));
    },
  };
}

export type ModelCallConsumerOptions = ConsumerSettings & {
  readonly seal: Seal;
  readonly concurrency?: number;
  /** A ReembedError it throws becomes the answer; anything else becomes `internal`. */
  readonly handler: (job: ModelCallJob, signal: AbortSignal) => Promise<ModelCallAnswer>;
};

/** Serves model calls, until stopped. */
export function createModelCallConsumer({ handler, seal, concurrency = 2, ...settings }: ModelCallConsumerOptions): Consumer {
  const { redis, log = silentLog } = settings;
  const at: Answers = { redis, keys: keysOf(settings.prefix), seal };
  return startConsumer({
    ...settings,
    queue: modelCallQueueName,
    kind: 'call',
    concurrency,
    open: (data) => opened(data, at),
    async handle(job, signal) {
      if ((await loadResult(at, job.callId)) !== null) return 'done';
      const result = await resultOf(handler(job, signal), job, signal, log);
      await storeResult(at, job.callId, result);
      return 'done';
    },
  });
}

function sealed(job: ModelCallJob, seal: Seal): SealedJob {
  return { callId: job.callId, sealed: seal.seal(JSON.stringify(job), jobIdOf(job.callId)) };
}

/** What a sealed job holds. Whoever asked hears of it where it cannot be opened, and does not wait for ever. */
async function opened(data: unknown, at: Answers): Promise<unknown> {
  const read = sealedJobSchema.safeParse(data);
  if (!read.success) return data;
  const { callId, sealed: text } = read.data;
  try {
    return parsedJson(at.seal.open(text, jobIdOf(callId)));
  } catch (error) {
    await storeResult(at, callId, { ok: false, ...summarizeError(error) });
    throw error;
  }
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
async function loadResult({ redis, keys, seal }: Answers, callId: string): Promise<ModelCallResult | null> {
  const key = keys.modelCall(callId);
  const stored = await answered(redis.requests.get(key));
  if (stored === null) return null;
  let text: string;
  try {
    text = seal.open(stored, key);
  } catch (error) {
    return { ok: false, ...summarizeError(error) };
  }
  const json = parsedJson(text);
  const { format } = formatSchema.safeParse(json).data ?? { format: resultFormat };
  if (format > resultFormat) {
    const message = `a worker answered in format ${format}, and this process reads formats up to ${resultFormat}: upgrade the coordinators, too`;
    return { ok: false, code: 'newer-version', message };
  }
  const { data } = resultSchema.safeParse(json);
  if (data === undefined) await answered(redis.requests.del(key));
  return data ?? null;
}

/** Stores an answer unless there is one: the first counts. */
async function storeResult({ redis, keys, seal }: Answers, callId: string, result: ModelCallResult): Promise<void> {
  const key = keys.modelCall(callId);
  const text = JSON.stringify({ ...result, format: resultFormat });
  await answered(redis.requests.set(key, result.ok ? seal.seal(text, key) : text, 'EX', resultSeconds, 'NX'));
}
