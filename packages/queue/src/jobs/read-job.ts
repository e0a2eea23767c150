import { type JobKind, type JobOf, jobFormat, jobSchemas, readJobName } from '@reembed/contracts';
import { isReembedError } from '@reembed/core';
import { type Job, Worker } from 'bullmq';

/** What a job turns out to be: work, work for a newer process (`later`: why not here), or nothing that anybody can do (`dead`: why). */
export type ReadJob<Kind extends JobKind> = { readonly job: JobOf<Kind> } | { readonly later: string } | { readonly dead: string };

/** What a job of the sealed format holds. Throws `payload-unreadable`. */
export type OpenJob = (data: unknown) => Promise<unknown>;

/** Reads a job of a queue that holds those of one kind; `open`: where they may be sealed. */
export async function readJob<Kind extends JobKind>(
  kind: Kind,
  { name, data }: Pick<Job, 'name' | 'data'>,
  open: OpenJob = async (sealed) => sealed,
): Promise<ReadJob<Kind>> {
  const said = readJobName(name);
  if (said.kind !== kind) return { dead: `is of kind ${JSON.stringify(said.kind)}, and this queue holds jobs of kind ${kind}` };
  if (said.format > jobFormat)
    return {
      later: `is of format ${said.format}, which a newer version of reembed wrote, and this process reads ${jobFormat}: upgrade it`,
    };
  try {
    return judge(kind, said.format === 1 ? data : await open(data));
  } catch (error) {
    if (isReembedError(error, 'payload-unreadable')) return { dead: `cannot be opened: ${error.message} [${error.code}]` };
    throw error;
  }
}

function judge<Kind extends JobKind>(kind: Kind, data: unknown): ReadJob<Kind> {
  const read = jobSchemas[kind].safeParse(data);
  if (read.success) return { job: read.data as JobOf<Kind> };
  const [first] = read.error.issues;
  return { dead: `has broken data: ${first?.path.join('.') || 'all of it'}: ${first?.message}` };
}

/**
 * A worker that also takes jobs whose data is no JSON, which BullMQ would fetch, fail to read and find stalled for ever: the data is the text then,
 * which no kind of job has.
 */
export class WorkerOfAnything extends Worker {
  protected override createJob(...[raw, id]: Parameters<Worker['createJob']>): ReturnType<Worker['createJob']> {
    return super.createJob(isJson(raw.data) ? raw : { ...raw, data: JSON.stringify(String(raw.data)) }, id);
  }
}

function isJson(text: unknown): boolean {
  try {
    JSON.parse(String(text));
    return true;
  } catch {
    return false;
  }
}
