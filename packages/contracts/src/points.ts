import { z } from 'zod';

/**
 * The id of a point as it travels in jobs, the API, the CLI and events: its kind, and its digits or canonical text.
 * A u64 does not survive as a JSON number past 2^53, so it is a string everywhere outside Qdrant's own requests.
 */
export const pointIdSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('integer'), id: z.string().regex(/^(0|[1-9][0-9]{0,19})$/) }),
  z.strictObject({ kind: z.literal('uuid'), id: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) }),
]);
export type PointId = z.infer<typeof pointIdSchema>;

/** The difference kinds a comparing pass can find, each with how many and the first few ids. */
export const findingKinds = [
  'missing',
  'extra',
  'payload-differs',
  'vector-missing',
  'vector-not-finite',
  'vector-zero',
  'vector-differs',
] as const;
export const findingKindSchema = z.enum(findingKinds);
export type FindingKind = z.infer<typeof findingKindSchema>;
export const findingSchema = z.object({ kind: findingKindSchema, count: z.int(), ids: z.array(pointIdSchema) });
export type Finding = z.infer<typeof findingSchema>;
