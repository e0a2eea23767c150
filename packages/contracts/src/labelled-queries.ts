import { z } from 'zod';

/** A query, with the id that qrels call it by. */
export const labelledQuerySchema = z.strictObject({
  id: z.string().min(1),
  text: z.string().refine((text) => text.trim() !== '', 'is empty: write what people search for, or leave the query out'),
});
export type LabelledQuery = z.infer<typeof labelledQuerySchema>;

/** One judgement: how relevant a document is for a query; 0 is judged and not relevant. */
export const qrelSchema = z.strictObject({ query: z.string(), document: z.string().min(1), relevance: z.int() });
export type Qrel = z.infer<typeof qrelSchema>;

export const mostQueries = 5_000;
export const mostQrels = 100_000;

/** So many faults of one kind are said; a wrong file has one a line. */
const saidFaults = 10;

type Judged = { readonly queries: readonly LabelledQuery[]; readonly qrels: readonly Qrel[] };
type Fault = { readonly path: (string | number)[]; readonly message: string };

/** Queries and their judgements must fit: no id twice, no judgement of an unknown query, and where there are judgements one that is relevant. */
export function checkJudgements(judged: Judged, context: z.RefinementCtx): void {
  const faults = [repeatedIds(judged), repeatedJudgements(judged), judgementsOfNoQuery(judged), nothingRelevant(judged)];
  for (const fault of faults.flatMap((list) => list.slice(0, saidFaults))) context.addIssue({ code: 'custom', ...fault });
}

function repeatedIds({ queries }: Judged): Fault[] {
  return repeats(queries.map(({ id }) => id)).map((at) => ({ path: ['queries', at, 'id'], message: 'is there twice: ids are unique' }));
}

function repeatedJudgements({ qrels }: Judged): Fault[] {
  const message = 'is judged twice for one query: leave one of the judgements out';
  return repeats(qrels.map(({ query, document }) => JSON.stringify([query, document]))).map((at) => ({
    path: ['qrels', at, 'document'],
    message,
  }));
}

function judgementsOfNoQuery({ queries, qrels }: Judged): Fault[] {
  const ids = new Set(queries.map(({ id }) => id));
  const message = 'is no id in gates.queries: add the query, or leave its judgements out';
  return qrels.flatMap(({ query }, at) => (ids.has(query) ? [] : [{ path: ['qrels', at, 'query'], message }]));
}

function nothingRelevant({ qrels }: Judged): Fault[] {
  if (qrels.length === 0 || qrels.some(({ relevance }) => relevance > 0)) return [];
  return [{ path: ['qrels'], message: 'judge no document relevant, so nothing can be measured: leave them out to only compare results' }];
}

/** The places of what stood there before. */
function repeats(keys: readonly string[]): number[] {
  const firstAt = new Map<string, number>();
  for (const [at, key] of keys.entries()) if (!firstAt.has(key)) firstAt.set(key, at);
  return keys.flatMap((key, at) => (firstAt.get(key) === at ? [] : [at]));
}
