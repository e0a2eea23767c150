import { z } from 'zod';
import { pointIdSchema } from './point-id.ts';

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
