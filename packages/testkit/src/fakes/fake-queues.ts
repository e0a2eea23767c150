import type { ModelCallJob, RangeJob, StageJob } from '@reembed/contracts';
import type { ModelCallResult, ModelCalls, RangeQueue, StageQueue } from '@reembed/core';

/** What is queued waits in `jobs`, and what a model is asked in `asked`, until a test takes it. */
export type FakeModelCalls = ModelCalls & { readonly asked: ModelCallJob[]; answer(callId: string, result: ModelCallResult): void };
export type FakeStageQueue = StageQueue & { readonly jobs: StageJob[] };
export type FakeRangeQueue = RangeQueue & { readonly jobs: RangeJob[]; readonly announced: Set<string> };

export function createFakeModelCalls(): FakeModelCalls {
  const asked: ModelCallJob[] = [];
  const results = new Map<string, ModelCallResult>();
  return {
    asked,
    answer: (callId, result) => void results.set(callId, result),
    async request(job) {
      if (!results.has(job.callId) && !asked.some(({ callId }) => callId === job.callId)) asked.push(job);
    },
    result: async (callId) => results.get(callId) ?? null,
    active: async () => 0,
    async forget(callId) {
      results.delete(callId);
    },
  };
}

export function createFakeStageQueue(): FakeStageQueue {
  const jobs: StageJob[] = [];
  return {
    jobs,
    async enqueue(job) {
      const queued = jobs.some(({ migrationId, phaseNumber }) => migrationId === job.migrationId && phaseNumber === job.phaseNumber);
      if (!queued) jobs.push(job);
    },
    leftBehind: async () => null,
  };
}

export function createFakeRangeQueue(): FakeRangeQueue {
  const jobs: RangeJob[] = [];
  const announced = new Set<string>();
  const same = (a: RangeJob, b: RangeJob) => a.migrationId === b.migrationId && a.pass === b.pass && a.seq === b.seq;
  return {
    jobs,
    announced,
    async announce(id) {
      announced.add(id);
    },
    async enqueue(added) {
      for (const job of added) if (!jobs.some((queued) => same(queued, job))) jobs.push(job);
    },
    active: async () => 0,
    pending: async (id) => jobs.filter(({ migrationId }) => migrationId === id).length,
    waiting: async (id) => jobs.filter(({ migrationId }) => migrationId === id).length,
    async remove(id) {
      announced.delete(id);
      jobs.splice(0, jobs.length, ...jobs.filter(({ migrationId }) => migrationId !== id));
    },
  };
}
