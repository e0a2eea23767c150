import { setTimeout as sleep } from 'node:timers/promises';
import { type MigrationView, migrationViewSchema, type Phase, type SpecInput } from '@reembed/contracts';
import { type Child, startChild } from './child.ts';
import type { Bench } from './harness.ts';
import type { Measurement } from './measurement.ts';

export type Copy = {
  readonly source: string;
  readonly points: number;
  readonly vector: 'keep' | 'embed';
  readonly copy?: SpecInput['copy'];
  readonly throttle?: SpecInput['throttle'];
};

/** A worker process of the bench's fleet. */
export function startCopyWorker(bench: Bench): Promise<Child> {
  return startChild('copy-worker.ts', [String(bench.dimensions)], bench.workerEnv);
}

/** Has a worker copy a collection as a migration of the fleet, from its first read to the last acknowledged write; then cancels it. */
export async function copyCollection(bench: Bench, worker: Child, copy: Copy): Promise<Measurement> {
  const target = bench.collectionName('target');
  const measuring = worker.measure({ points: copy.points });
  const id = await startMigration(bench, { ...copy, target });
  const measured = await unlessItFails(bench, id, measuring);
  await send(bench, 'POST', `/v1/migrations/${id}/cancel`, {});
  await untilPhase(bench, id, 'cancelled');
  await bench.collections.drop(target);
  return measured;
}

/** Submits it, and answers its id. */
export async function startMigration(bench: Bench, copy: Asked): Promise<string> {
  return (await send(bench, 'POST', '/v1/migrations', specOf(bench, copy))).id;
}

type Asked = Omit<Copy, 'points'> & { readonly target: string };

export function specOf({ dimensions }: Bench, { source, target, vector, copy, throttle }: Asked): SpecInput {
  const recipe = vector === 'keep' ? { keep: '' } : { embed: { model: `hash/${dimensions}`, text: '{{title}}\n{{text}}' } };
  return {
    name: target,
    source: { collection: source },
    target: { collection: target },
    vectors: { '': recipe },
    ...(copy === undefined ? {} : { copy }),
    ...(throttle === undefined ? {} : { throttle }),
  };
}

async function unlessItFails(bench: Bench, id: string, measuring: Promise<Measurement>): Promise<Measurement> {
  const measured = new AbortController();
  const failed = untilPhase(bench, id, 'failed', measured.signal).then((view) => {
    throw new Error(`the copy failed: ${JSON.stringify(view.error)}`);
  });
  failed.catch(() => undefined);
  try {
    return await Promise.race([measuring, failed]);
  } finally {
    measured.abort();
  }
}

/** Looks rarely: what looks takes part in what is measured. */
export async function untilPhase(bench: Bench, id: string, phase: Phase, signal?: AbortSignal): Promise<MigrationView> {
  for (;;) {
    const view = await send(bench, 'GET', `/v1/migrations/${id}`);
    if (view.phase === phase) return view;
    await sleep(500, undefined, signal === undefined ? {} : { signal });
  }
}

/** Asks the coordinator. Throws where it refuses. */
export async function send(bench: Bench, method: string, path: string, body?: unknown): Promise<MigrationView> {
  const answer = await fetch(`${bench.coordinatorUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${text}`);
  return migrationViewSchema.parse(JSON.parse(text));
}
