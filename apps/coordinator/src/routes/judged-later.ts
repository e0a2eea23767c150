import type { FastifyRouteSchemaDef, FastifyValidationResult } from 'fastify/types/schema.js';
import { validatorCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';

/** For routes whose body core judges, which names every fault with its value and the way out: its schema stands in the document, and is not gone through twice. */
export function judgedLater(route: FastifyRouteSchemaDef<unknown>): FastifyValidationResult {
  return route.httpPart === 'body' ? (value) => ({ value }) : validatorCompiler(route as FastifyRouteSchemaDef<z.ZodType>);
}
