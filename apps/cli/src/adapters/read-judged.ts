import { labelledQuerySchema, qrelSchema } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { z } from 'zod';
import { readQueryFiles } from '../query-files/read-query-files.ts';

const judgedSchema = z.object({ gates: z.object({ queries: z.array(labelledQuerySchema), qrels: z.array(qrelSchema) }) });

/** Labelled queries from the files of the command line, in the formats that a spec may name. Throws `invalid-spec`, naming file or line. */
export async function readJudged(queries: string | undefined, qrels: string | undefined) {
  if (queries === undefined && qrels === undefined) return { queries: [], qrels: [] };
  if (queries === undefined || qrels === undefined)
    throw new ReembedError('invalid-request', '--queries and --qrels want each other: name both files');
  const { spec, locate } = await readQueryFiles({ gates: { queries, qrels } }, '.');
  const parsed = judgedSchema.safeParse(spec);
  if (parsed.success) return parsed.data.gates;
  const [first] = parsed.error.issues;
  const { field, message } = locate({ field: first?.path.join('.') ?? '', value: undefined, message: first?.message ?? '' });
  throw new ReembedError('invalid-spec', `${field}: ${message}`);
}
