import { z } from 'zod';
import { waitKinds } from './phase.ts';

/**
 * What keeps a migration from going faster: what it waits for; `word`: a person has to say; `stage`: a coordinator does what is done now; `throttle`
 * and `provider`: limits that it has reached, or what ranges wait for most of their time, as `source` (reading), `qdrant` (writing) and `cpu` (workers compute
 * all the time) are; `ranges`: everything that is open is in hand; `workers`: there is more to do than is being done.
 */
export const boundBySchema = z.enum([
  ...new Set([...waitKinds, 'word', 'stage', 'throttle', 'provider', 'source', 'qdrant', 'cpu', 'ranges', 'workers'] as const),
]);
export type BoundBy = z.infer<typeof boundBySchema>;

/** `GET /v1/autoscale`: how many workers there is use for, now. */
export const autoscaleSchema = z.object({
  workers: z.int().meta({ description: 'Of the whole fleet; 0 where nothing is to be done, or can be.' }),
  reason: z.string(),
  migrations: z.array(z.object({ id: z.string(), name: z.string(), workers: z.int(), boundBy: boundBySchema, reason: z.string() })),
});
export type Autoscale = z.infer<typeof autoscaleSchema>;
