import { type DeadLetter, deadLetterSchema, hideSecrets } from '@reembed/contracts';
import type { DeadLetters } from '@reembed/core';
import type { Job } from 'bullmq';
import { keysOf, type Namespace } from '../redis/keys.ts';
import { answered } from '../redis/requests.ts';
import { deadLetterQueue } from './bullmq-queues.ts';

/** Past so many, more are only logged: whoever fills the list has a hand in Redis. */
const mostKept = 1_000;

/** How much is kept of the data of a job, in characters. */
const shownChars = 2_000;

/** Jobs that nobody can work on: a queue that nobody serves, so that Bull Board shows it as any other. */
export function createDeadLetters({ redis, prefix }: Namespace): DeadLetters {
  const queue = deadLetterQueue(redis, keysOf(prefix));
  return {
    async list() {
      const jobs = await answered(queue().getJobs(['waiting'], 0, mostKept - 1));
      return jobs.flatMap((job) => deadLetterSchema.safeParse(job?.data).data ?? []).sort((a, b) => (a.at < b.at ? 1 : -1));
    },
    async prune(olderThanMs) {
      await answered(queue().clean(olderThanMs, mostKept, 'wait'));
    },
  };
}

/** Keeps why a job cannot be worked on, once, however often it comes. The job itself is left to its queue. */
export function createUndertaker({ redis, prefix }: Namespace): (job: Job, reason: string) => Promise<void> {
  const queue = deadLetterQueue(redis, keysOf(prefix));
  return async ({ id = '', name, queueName, data }, reason) => {
    if ((await answered(queue().getWaitingCount())) >= mostKept) return;
    const shown = hideSecrets(JSON.stringify(data) ?? '').slice(0, shownChars);
    const letter: DeadLetter = { queue: queueName, job: id, name, reason, data: shown, at: new Date().toISOString() };
    await answered(queue().add(reason.slice(0, 200), letter, { jobId: `dead-${encodeURIComponent(queueName)}-${encodeURIComponent(id)}` }));
  };
}
