import { z } from 'zod';
import { phaseSchema } from './phase.ts';

/** What a hook can be told of. */
export const hookEvents = ['phase', 'waiting', 'set-aside', 'cost', 'ready', 'switched', 'failed', 'before'] as const;
export const hookEventSchema = z.enum(hookEvents);
export type HookEvent = z.infer<typeof hookEventSchema>;

/** What a webhook is sent, and a command reads from its standard input. */
export const hookMessageSchema = z.object({
  event: hookEventSchema,
  at: z.iso.datetime(),
  migration: z.string(),
  name: z.string(),
  phase: phaseSchema,
  phaseNumber: z.int(),
  source: z.string(),
  target: z.string(),
  alias: z.string().nullable(),
  says: z.string().meta({ description: 'What happened, in words.' }),
});
export type HookMessage = z.infer<typeof hookMessageSchema>;

/** A message to one hook, and what came of it. Its id is that of the request, so that a hook knows one that comes again. */
export const hookDeliverySchema = z.object({
  id: z.string(),
  hook: z.string().meta({ description: 'The name of the hook in reembed.config.yaml.' }),
  message: hookMessageSchema,
  state: z.enum(['pending', 'delivered', 'given-up']),
  attempts: z.int(),
  lastAt: z.iso.datetime().nullable(),
  nextAt: z.iso.datetime().nullable().meta({ description: 'When it is tried again; null: not any more.' }),
  answer: z.string().nullable().meta({ description: 'What came of the last attempt.' }),
});
export type HookDelivery = z.infer<typeof hookDeliverySchema>;

export const hookDeliveriesSchema = z.object({ deliveries: z.array(hookDeliverySchema) });
