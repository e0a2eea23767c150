import { z } from 'zod';
import { errorCodeSchema, progressSchema, verificationSchema } from './http.ts';
import { phaseSchema } from './phase.ts';

/** What `GET /v1/migrations/:id/events` sends: the event's name is `type`, its data the whole object, its id the stream position. */
export const migrationEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('phase'), at: z.iso.datetime(), phase: phaseSchema, number: z.int() }),
  z.object({ type: z.literal('progress'), at: z.iso.datetime(), progress: progressSchema }),
  z.object({ type: z.literal('waiting'), at: z.iso.datetime(), reason: z.string() }),
  z.object({ type: z.literal('verified'), at: z.iso.datetime(), verification: verificationSchema }),
  z.object({ type: z.literal('error'), at: z.iso.datetime(), code: errorCodeSchema, message: z.string() }),
  z.object({ type: z.literal('note'), at: z.iso.datetime(), message: z.string() }),
]);
export type MigrationEvent = z.infer<typeof migrationEventSchema>;
