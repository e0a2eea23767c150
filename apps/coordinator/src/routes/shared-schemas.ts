import { errorReplySchema } from '@reembed/contracts';
import { z } from 'zod';

/** `:id` of `/migrations/:id/…`. */
export const migrationParams = z.object({ id: z.string() });

/** The answers that every route may give beside its own. */
export const errors = { '4xx': errorReplySchema, '5xx': errorReplySchema };
