import { z } from 'zod';
import { payloadPathSchema } from './payload-path.ts';
import { templateSchema } from './template.ts';

/** A query, with the id that qrels call it by. */
export const labelledQuerySchema = z.strictObject({
  id: z.string().min(1).meta({ description: 'What qrels call the query by.' }),
  text: z
    .string()
    .refine((text) => text.trim() !== '', 'is empty: write what people search for, or leave the query out')
    .meta({ description: 'What people search for.' }),
  slices: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: 'What the query is about, by fields of `gates.slices`; else what its relevant documents have there.' }),
});
export type LabelledQuery = z.infer<typeof labelledQuerySchema>;

/** One judgement: how relevant a document is for a query; 0 is judged and not relevant. */
export const qrelSchema = z.strictObject({
  query: z.string().meta({ description: 'The id of the query.' }),
  document: z.string().min(1).meta({ description: 'The id of the document, as `documentField` has it.' }),
  relevance: z.int().meta({ description: 'How relevant it is; 0: judged, and not relevant.' }),
});
export type Qrel = z.infer<typeof qrelSchema>;

/** The labelled queries of gates, as they are kept beside the metadata. */
export const labelsSchema = z.object({ queries: z.array(labelledQuerySchema), qrels: z.array(qrelSchema) });

const mostSlices = 3;
const mostQueries = 5_000;
export const mostQrels = 100_000;

/** So many faults of one kind are said; a wrong file has one a line. */
const saidFaults = 10;

type Judged = { readonly queries: readonly LabelledQuery[]; readonly qrels: readonly Qrel[]; readonly slices: readonly string[] };
type Fault = { readonly path: (string | number)[]; readonly message: string };

/** Queries and their judgements must fit: no id twice, no judgement of an unknown query, and where there are judgements one that is relevant. */
function checkJudgements(judged: Judged, context: z.RefinementCtx): void {
  const faults = [
    repeatedIds(judged),
    repeatedJudgements(judged),
    judgementsOfNoQuery(judged),
    nothingRelevant(judged),
    unknownSlices(judged),
  ];
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

function unknownSlices({ queries, slices }: Judged): Fault[] {
  const message = 'is no field of gates.slices: name it there, or leave it out';
  return queries.flatMap(({ slices: own = {} }, at) =>
    Object.keys(own).flatMap((field) => (slices.includes(field) ? [] : [{ path: ['queries', at, 'slices', field], message }])),
  );
}

/** The places of what stood there before. */
function repeats(keys: readonly string[]): number[] {
  const firstAt = new Map<string, number>();
  for (const [at, key] of keys.entries()) if (!firstAt.has(key)) firstAt.set(key, at);
  return keys.flatMap((key, at) => (firstAt.get(key) === at ? [] : [at]));
}

/** What is measured before the switch. */
export const gatesSpecSchema = z
  .strictObject({
    minNdcgDelta: z
      .number()
      .default(-0.02)
      .meta({ description: 'The smallest difference of nDCG@10, new less old, with which search quality passes.' }),
    queries: z
      .array(labelledQuerySchema)
      .max(mostQueries, { error: `are at most ${mostQueries}: of a longer log draw some lines at random, for example with shuf -n 2000` })
      .default([])
      .meta({ description: 'Queries to ask both collections; for the command line, or the name of a file with them.' }),
    qrels: z
      .array(qrelSchema)
      .max(mostQrels)
      .default([])
      .meta({ description: 'Judgements of documents for `queries`, likewise; without any, results are only compared.' }),
    documentField: payloadPathSchema.nullable().default(null).meta({
      description:
        "The payload field that holds the document's id in `qrels`; null: the point's id. Points that share one count as one document.",
    }),
    slices: z.array(payloadPathSchema).max(mostSlices).default([]).meta({
      description:
        'Fields, such as a language or a tenant, within whose values the labelled queries are judged too: what a query says of itself, else what its relevant documents have in their payload.',
    }),
    scoreThreshold: z.number().nullable().default(null).meta({
      description: 'The score that applications ask of an old hit, so that the gate says what it becomes; null: they have none.',
    }),
    knownItems: z
      .strictObject({
        text: templateSchema.meta({ description: 'The query made of a point.' }),
        points: z.int().min(1).max(2_000).default(200).meta({ description: 'How many points.' }),
      })
      .nullable()
      .default(null)
      .meta({ description: 'Queries made from the points themselves: each should find the point it was made of; null: none.' }),
    shadow: z
      .strictObject({
        minAgreement: z
          .number()
          .min(0)
          .max(1)
          .meta({ description: 'The share of the first ten that both sides find, on average, with which it passes.' }),
        minSearches: z
          .int()
          .min(1)
          .default(1_000)
          .meta({ description: 'How many searches gateways have to have asked both sides before it says anything.' }),
      })
      .nullable()
      .default(null)
      .meta({
        description:
          "How far searches of applications have to agree before the switch, as gateways with `REEMBED_SHADOW_SHARE` and the fleet's Redis find; null: they stand in no way.",
      }),
    sampledPoints: z
      .int()
      .min(0)
      .max(1_000)
      .default(50)
      .meta({ description: 'Points that are embedded again and compared with what is stored.' }),
  })
  .superRefine(checkJudgements);
