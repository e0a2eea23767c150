import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { modelCallJobSchema, type PointId, rangeJobSchema, stageJobSchema } from '@reembed/contracts';
import type { Migrations } from '@reembed/core';
import type { BoardQueue, RangeLook } from '@reembed/queue';
import type { z } from 'zod';

export type JobSources = {
  readonly migrations: Pick<Migrations, 'load'>;
  readonly look: (job: z.infer<typeof rangeJobSchema>) => Promise<RangeLook | null>;
};

/** A job in words, and what went wrong with it last. Its data stays what was queued: in a writable board it may be sent again. */
type Told = { readonly name: string; readonly failedReason?: string };

type ShownJob = Awaited<ReturnType<BullMQAdapter['getJobs']>>[number];

/** A queue for the board, whose jobs say what they are: their range, their phase, the error that put them back. */
export function boardAdapter({ title, queue, migrationId }: BoardQueue, sources: JobSources, readOnlyMode: boolean): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, { readOnlyMode });
  // Its display name stands in the page of a queue alone; this one is in the menu and the address too.
  adapter.getName = () => title;
  const getJob = adapter.getJob.bind(adapter);
  const getJobs = adapter.getJobs.bind(adapter);
  const tell = migrationId !== null ? tellRange : title === 'stages' ? tellStage : tellCall;
  const shown = async (job: ShownJob): Promise<ShownJob> => {
    const known = job.toJSON();
    const told = await tell(sources, known);
    return Object.assign(job, { toJSON: () => ({ ...known, ...told }) });
  };
  adapter.getJobs = async (...which) => Promise.all((await getJobs(...which)).map(shown));
  adapter.getJob = async (id) => {
    const job = await getJob(id);
    return job === undefined || job === null ? job : shown(job);
  };
  return adapter;
}

type Tell = (sources: JobSources, job: ReturnType<ShownJob['toJSON']>) => Promise<Told | null>;

const tellRange: Tell = async ({ migrations, look }, { data, progress }) => {
  const job = rangeJobSchema.safeParse(data).data;
  if (job === undefined) return null;
  const [migration, range] = await Promise.all([migrations.load(job.migrationId), look(job)]);
  const kind = migration?.pass?.number === job.pass ? migration.pass.kind : `pass ${job.pass}`;
  const { why } = progress as { why?: unknown };
  return {
    name: [`range ${job.seq} (${kind}) while ${migration?.phase ?? 'its migration is gone'}`, boundsOf(range)].join(': '),
    ...(typeof why === 'string' ? { failedReason: why } : {}),
  };
};

function boundsOf(range: RangeLook | null): string {
  if (range === null) return 'not known any more';
  const { start, end, next, points, attempts } = range;
  const at = next === null ? '' : `, now at ${idOf(next)} after ${points} points`;
  const tries = attempts === 0 ? '' : `, ${attempts} tries since`;
  return `from ${start === null ? 'the first id' : idOf(start)} to ${end === null ? 'the last' : `before ${idOf(end)}`}${at}${tries}`;
}

const idOf = ({ id }: PointId): string => id;

const tellStage: Tell = async ({ migrations }, { data }) => {
  const job = stageJobSchema.safeParse(data).data;
  const migration = job === undefined ? null : await migrations.load(job.migrationId);
  if (migration === null) return null;
  const { id, spec, phase, waiting, error } = migration;
  const waits = waiting === null ? '' : `, waiting: ${waiting.reason}`;
  return { name: `${spec.name} (${id}): ${phase}${waits}`, ...(error === null ? {} : { failedReason: error.message }) };
};

const tellCall: Tell = async (_, { data }) => {
  const job = modelCallJobSchema.safeParse(data).data;
  if (job === undefined) return null;
  if (job.call === 'end-batches') return { name: `batches of ${job.owner} at ${job.model}` };
  return { name: job.call === 'witness' ? `witness of ${job.model}` : `${job.texts.length} texts (${job.kind}) by ${job.model}` };
};
