import { z } from 'zod';

const kept = {
  /** Quantized vectors stay in memory, wherever the originals are. */
  always_ram: z.boolean().optional(),
  /** Qdrant 1.19 and later: how they are held in memory. */
  memory: z.enum(['cold', 'cached', 'pinned']).optional(),
};

/** Qdrant's `quantization_config`, with the parameters Qdrant has; exactly one kind. */
export const quantizationSchema = z
  .strictObject({
    scalar: z
      .strictObject({ type: z.literal('int8').default('int8'), quantile: z.number().min(0.5).max(1).optional(), ...kept })
      .optional(),
    product: z.strictObject({ compression: z.enum(['x4', 'x8', 'x16', 'x32', 'x64']), ...kept }).optional(),
    binary: z
      .strictObject({
        encoding: z.enum(['one_bit', 'two_bits', 'one_and_half_bits']).optional(),
        query_encoding: z.enum(['default', 'binary', 'scalar4bits', 'scalar8bits']).optional(),
        ...kept,
      })
      .optional(),
    /** Qdrant 1.18 and later. */
    turbo: z.strictObject({ bits: z.enum(['bits1', 'bits1_5', 'bits2', 'bits4']).optional(), ...kept }).optional(),
  })
  .refine(
    (config) => Object.values(config).filter((section) => section !== undefined).length === 1,
    'wants exactly one of scalar, product, binary, turbo; null takes quantization away',
  );
export type Quantization = z.infer<typeof quantizationSchema>;

export const originalsSchema = z.enum(['disk', 'memory']);

/** Changes how the vectors of a collection are quantized, where they are. */
export const requantizeBodySchema = z.strictObject({
  collection: z.string().min(1).meta({ description: 'The collection, or an alias of it.' }),
  vectors: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({ description: 'Dense vectors by name, `""` is the unnamed one; left out: all of them.' }),
  quantization: quantizationSchema.nullable().meta({ description: "Qdrant's `quantization_config`; null: none any more." }),
  originals: originalsSchema.optional().meta({ description: 'Where the unquantized vectors are held; left out: as it is.' }),
  queries: z.int().min(10).max(1_000).default(100).meta({ description: 'Stored vectors that are searched for, before and after.' }),
  apply: z.boolean().default(false).meta({ description: 'Whether to change it; without, it is only said what would be.' }),
});
export type RequantizeInput = z.input<typeof requantizeBodySchema>;
export type RequantizeRequest = z.infer<typeof requantizeBodySchema>;

/** How a vector is stored: `quantization` in Qdrant's words. */
export const vectorStorageSchema = z.object({
  quantization: z.record(z.string(), z.unknown()).nullable(),
  originals: originalsSchema,
});
export type VectorStorage = z.infer<typeof vectorStorageSchema>;

/** What stored vectors found, searched for one after another; each query's own point does not count. */
export const overlapSchema = z.object({
  queries: z.int(),
  /** Mean share of the ten nearest by exact search that the search found. */
  overlapAt10: z.number(),
  p50Ms: z.number(),
  p95Ms: z.number(),
});
export type Overlap = z.infer<typeof overlapSchema>;

/** `params.quantization` of a search; null: what Qdrant does by itself. */
export const quantizationSearchSchema = z.object({ rescore: z.boolean(), oversampling: z.number().optional() });
export type QuantizationSearch = z.infer<typeof quantizationSearchSchema>;

export const requantizedVectorSchema = z.object({
  vector: z.string(),
  dimensions: z.int(),
  from: vectorStorageSchema,
  to: vectorStorageSchema,
  /** Vectors, their graph and their quantized copies, in bytes, by the sizes that Qdrant documents; not measured. */
  memoryBytes: z.object({ before: z.number(), after: z.number() }),
  /** Null: not measured yet, or nobody knows any more. */
  before: overlapSchema.nullable(),
  /** Empty until Qdrant has finished; `search` null comes first. What the server refuses is left out. */
  after: z.array(overlapSchema.extend({ search: quantizationSearchSchema.nullable() })),
  /** Null until it has been measured. */
  verdict: z.enum(['pass', 'fail', 'not-measured']).nullable(),
  says: z.string().nullable(),
});
export type RequantizedVector = z.infer<typeof requantizedVectorSchema>;

export const requantizationSchema = z.object({
  /** By its own name. */
  collection: z.string(),
  points: z.int(),
  /** `planned`: nothing was changed; `optimizing`: Qdrant is at work, ask again; `done`: measured. */
  state: z.enum(['planned', 'optimizing', 'done']),
  vectors: z.array(requantizedVectorSchema),
  warnings: z.array(z.string()),
  /** What Qdrant is still doing; null where it has finished or not begun. */
  waiting: z.string().nullable(),
  /** Commands that put back what was before; empty where nothing was changed, or nobody knows any more. */
  undo: z.array(z.string()),
});
export type Requantization = z.infer<typeof requantizationSchema>;

/** Kept in the collection's metadata from before the change: what it was, and what was measured then, by vector. */
export const requantizeMetadataSchema = z.object({
  at: z.iso.datetime(),
  vectors: z.record(z.string(), z.object({ from: vectorStorageSchema, to: vectorStorageSchema, before: overlapSchema.nullable() })),
});
export type RequantizeMetadata = z.infer<typeof requantizeMetadataSchema>;
