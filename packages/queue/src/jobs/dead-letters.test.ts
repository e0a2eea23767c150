import { jobFormat, jobName, keepSecret } from '@reembed/contracts';
import { expect, it, vi } from 'vitest';
import { keysOf } from '../redis/keys.ts';
import { openTestRedis } from '../test-redis.fixture.ts';
import { stageQueue, stageQueueName } from './bullmq-queues.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createStageConsumer, createStageQueue } from './stage-queue.ts';

const soon = { timeout: 50_000, interval: 5 };
const { server, redis } = await openTestRedis();
const { prefix } = server;
const queue = stageQueue(redis, keysOf(prefix));
const deadLetters = createDeadLetters({ redis, prefix });
const good = { migrationId: 'good', phaseNumber: 1 };

/** Serves stages until the good one has run, which is queued last; answers the ids of all that ran. */
async function serve(): Promise<string[]> {
  const ran: string[] = [];
  const consumer = createStageConsumer({
    redis,
    prefix,
    ...{ lockDurationMs: 1_000, stalledIntervalMs: 300, concurrency: 1 },
    handler: async ({ migrationId }) => {
      ran.push(migrationId);
      return 'done';
    },
  });
  await createStageQueue({ redis, prefix }).enqueue(good);
  await vi.waitFor(() => expect(ran).toContain('good'), soon);
  await consumer.stop(30_000);
  return ran;
}

it.each([
  ['of an unknown kind', 'conquer@1', good, 'is of kind "conquer", and this queue holds jobs of kind stage'],
  ['with a field too many', jobName('stage'), { ...good, force: true }, 'has broken data: all of it: '],
  ['with a field of the wrong kind', 'stage', { ...good, phaseNumber: 'first' }, 'has broken data: phaseNumber: '],
  ['that is a list', jobName('stage'), [good], 'has broken data: all of it: '],
])('a job %s is listed once, with why, and those behind it run', async (title, name, data, why) => {
  const jobId = `dead ${title}`;
  for (const _ of [1, 2]) {
    await queue().add(name, data as never, { jobId });
    expect(await serve()).toEqual(['good']);
  }
  const found = (await deadLetters.list()).filter(({ job }) => job === jobId);
  expect(found).toEqual([expect.objectContaining({ queue: stageQueueName, name, reason: expect.stringContaining(why) })]);
  expect(await queue().getJob(jobId)).toBeUndefined();
});

it('a job whose data is no JSON is listed as well, instead of being found stalled for ever', async () => {
  await queue().add('stage', good, { jobId: 'no-json' });
  await redis.requests.hset(`${prefix}:bull:${stageQueueName}:no-json`, 'data', '{"migrationId":');
  expect(await serve()).toEqual(['good']);
  expect(await deadLetters.list()).toContainEqual(
    expect.objectContaining({ job: 'no-json', data: JSON.stringify('{"migrationId":'), reason: expect.stringContaining('broken data') }),
  );
});

it('the data of a dead letter tells no secret', async () => {
  keepSecret('the-key-of-a-job');
  await queue().add('stage', { ...good, key: 'the-key-of-a-job' } as never, { jobId: 'told' });
  await serve();
  const found = (await deadLetters.list()).find(({ job }) => job === 'told');
  expect(found?.data).toContain('(secret)');
  expect(JSON.stringify(found)).not.toContain('the-key-of-a-job');
});

it('a job of a later format is left to newer processes, with why, and is no dead letter', async () => {
  await queue().add(`stage@${jobFormat + 1}`, good, { jobId: 'newer' });
  expect(await serve()).toEqual(['good']);
  const job = await queue().getJob('newer');
  expect([await job?.getState(), job?.progress]).toEqual(['delayed', { why: expect.stringContaining('a newer version of reembed wrote') }]);
  expect((await deadLetters.list()).map((letter) => letter.job)).not.toContain('newer');
});

it('dead letters are forgotten once they are old', async () => {
  await deadLetters.prune(3_600_000);
  expect(await deadLetters.list()).not.toEqual([]);
  await deadLetters.prune(0);
  expect(await deadLetters.list()).toEqual([]);
});
