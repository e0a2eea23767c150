import { z } from 'zod';

/** The name of a file in the directory that REEMBED_FILES names: a name alone, so that a spec reaches nothing outside it. */
export const fileNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/, 'is a file in the directory of REEMBED_FILES, by its name alone: letters, digits, . _ -');

const share = z.number().min(0).max(1);
const side = z.strictObject({
  /** Null where nobody has said what made the vectors. */
  model: z.string().nullable(),
  dimensions: z.int().positive(),
  /** The template of the texts; null where not known. */
  text: z.string().nullable(),
});

const scores = z.strictObject({
  /** Mean share of the ten nearest held-out documents that mapped and true vectors have in common. */
  overlapAt10: share,
  /** Mean nDCG@10 of labelled queries over the mapped held-out documents; null where none were given. */
  ndcgAt10: share.nullable(),
});

/**
 * A learned map from one model's vectors to another's, as a JSON file: a public format, described in docs/learned-maps.md.
 * y = x · matrix + offset, then brought to length 1 where `normalise`. With a `kernel`, x is its nearness to each landmark.
 */
export const adapterFileSchema = z.strictObject({
  /** 1: before there were kernels; such files are read, and none are written. */
  format: z.union([z.literal(1), z.literal(2)]),
  /** Which fit was kept. */
  kind: z.enum(['ridge', 'procrustes', 'kernel']),
  from: side,
  to: side.extend({ model: z.string(), text: z.string() }),
  source: z.strictObject({ collection: z.string(), vector: z.string() }),
  fit: z.strictObject({
    /** Pairs fitted to, and pairs kept apart to judge both fits by. */
    pairs: z.int().positive(),
    heldOut: z.int().positive(),
    seed: z.string(),
    /** The payload field the sample was stratified by, and the pairs of each of its values; null: none. */
    stratify: z.string().nullable(),
    strata: z.record(z.string(), z.int().nonnegative()),
    lambda: z.number().positive(),
    /** Held-out pairs only. */
    scores: z.strictObject({ ridge: scores, procrustes: scores, kernel: scores.optional() }),
    /** nDCG@10 of the labelled queries over the true vectors of the held-out documents; null where none were given. */
    trueNdcgAt10: share.nullable(),
    /** Of the ten nearest by the old vectors, as they are, those among the ten nearest by true ones, on the held-out documents. Not in format 1. */
    oldOverlapAt10: share.optional(),
    /** Both, of the fit that was kept, over the first quarter of those documents: how they fall as a collection grows. Where that is large enough to tell. */
    ofQuarter: z.strictObject({ overlapAt10: share, oldOverlapAt10: share }).optional(),
  }),
  normalise: z.boolean(),
  createdAt: z.iso.datetime(),
  /** Of this document without this field, as JSON without spaces, keys in this order. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hex'),
  /** Where the map is a kernel's: exp(-|x - l|² / (2 width²)) for each landmark l. Little-endian f32, base64: landmarks × from, row by row. */
  kernel: z.strictObject({ width: z.number().positive(), landmarks: z.base64() }).optional(),
  /** Little-endian f32, base64: to values, and from × to values row by row, landmarks × to with a kernel. */
  offset: z.base64(),
  matrix: z.base64(),
});
export type AdapterFile = z.infer<typeof adapterFileSchema>;
/** What an adapter is, without its numbers. */
export type AdapterHeader = Omit<AdapterFile, 'offset' | 'matrix' | 'kernel'>;
