import { z } from 'zod';
import { canonicalJson, parseExactJson } from './exact-json.ts';
import { longestText, mostVectors, shortList, shortName, shortText } from './spec-limits.ts';

/**
 * A filter in Qdrant's own words, kept as canonical JSON text: in it ids and numbers past 2^53 survive Redis, metadata and every process.
 * Given as an object, or as such a text.
 */
export const filterSchema = z
  .union([z.record(z.string(), z.unknown()), shortText(longestText).transform(readFilterText)], {
    error: 'wants a Qdrant filter, such as {must: [{key: lang, match: {value: de}}]}',
  })
  .transform(canonicalJson);

function readFilterText(text: string, context: z.RefinementCtx): unknown {
  try {
    const value = parseExactJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below: no JSON is no filter either.
  }
  context.issues.push({ code: 'custom', message: 'is not the JSON text of a Qdrant filter', input: text });
  return z.NEVER;
}

const using = shortName.default('');
const filter = filterSchema.nullable().prefault(null).meta({ description: 'A Qdrant filter that the search goes with; null: none.' });

/** One list of candidates: the vector that is asked, with the query embedded by the model that made it. */
const candidateSearch = z.strictObject({
  using: using.meta({ description: 'The vector that is asked for candidates; `""` is the unnamed one.' }),
  limit: z.int().positive().max(10_000).default(50).meta({ description: 'How many candidates.' }),
  filter,
});

/** Of reciprocal rank fusion. Qdrant adds 1 / (place / weight + k - 1) over the lists, places counted from 1. */
const rrfParams = z.strictObject({
  k: z
    .int()
    .positive()
    .max(10_000)
    .default(2)
    .meta({ description: 'How little the first places stand out: 2 is Qdrant’s own, 60 the literature’s.' }),
  weights: z
    .array(z.number().positive())
    .nullable()
    .default(null)
    .meta({ description: 'How much each list of `prefetch` counts, in their order; Qdrant 1.17 or later; null: all alike.' }),
});
export type RrfParams = z.infer<typeof rrfParams>;

/**
 * How applications query a collection. Without prefetch one vector is asked. With prefetch the candidate lists are fused by `fusion`, or,
 * where that is null, ranked anew by the vector `using`.
 */
export const searchProfileSchema = z
  .strictObject({
    using: using.meta({ description: 'The vector that is asked, or that ranks the candidates of `prefetch`; `""` is the unnamed one.' }),
    prefetch: shortList(candidateSearch, mostVectors)
      .prefault([])
      .meta({ description: 'Lists of candidates that are fused, or ranked anew.' }),
    fusion: z
      .enum(['rrf', 'dbsf'])
      .nullable()
      .default(null)
      .meta({ description: 'How the lists of `prefetch` are fused; null: their candidates are ranked by `using`.' }),
    rrf: rrfParams
      .optional()
      .meta({ description: 'Of `fusion: rrf` alone; default: k of 2, no weights. The quality gate measures which fit.' }),
    limit: z.int().positive().max(1_000).default(10).meta({ description: 'How many hits applications ask for.' }),
    filter,
  })
  .refine((profile) => profile.fusion === null || profile.prefetch.length > 1, {
    path: ['fusion'],
    error: 'fuses candidate lists: name at least two in prefetch',
  })
  .refine(({ rrf, fusion }) => rrf === undefined || fusion === 'rrf', {
    path: ['rrf'],
    error: 'is of reciprocal rank fusion: set fusion: rrf beside it, or leave it out',
  })
  .refine(({ rrf, prefetch }) => (rrf?.weights?.length ?? prefetch.length) === prefetch.length, {
    path: ['rrf', 'weights'],
    error: 'wants one weight for each list of prefetch, in their order',
  });
export type SearchProfile = z.infer<typeof searchProfileSchema>;

/** How queries are asked while the new vector is filled in beside the old one. */
export const bridgeSpecSchema = z.strictObject({
  candidates: z.int().min(1).max(10_000).default(200).meta({
    description:
      'Points that the old vector finds and the new one ranks, no fewer than the limits of search.old and search.new; as many as hits are ever shown, or more.',
  }),
});
