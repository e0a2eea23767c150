import { z } from 'zod';
import { bridgePointSchema } from './bridge.ts';
import { errorCodeSchema } from './error-codes.ts';
import { passKindSchema } from './jobs.ts';
import { keptSpecSchema, resolvedSchema, vectorOriginSchema, witnessSchema } from './metadata.ts';
import { lagSchema, verificationSchema, writersLookSchema } from './migration-view.ts';
import { phaseSchema, waitKindSchema } from './phase.ts';
import { findingSchema } from './points.ts';
import { gatesSummarySchema, overrideSchema } from './report.ts';

/**
 * Grows with every change of the document after which a process that knows only the format before would do something wrong. A field that such a
 * process may leave as it is changes no format: it keeps fields that it does not know.
 */
export const documentFormat = 1;

const count = z.int().nonnegative();
const pass = z.looseObject({
  number: count,
  kind: passKindSchema,
  sourcePoints: count,
  startedAt: z.string(),
  changedSince: z.number().exactOptional(),
  pagePointsBefore: z.int().exactOptional(),
});

/** The document of a migration in Redis, as core's `Migration` says it. */
export const migrationDocumentSchema = z.looseObject({
  id: z.string().min(1),
  spec: keptSpecSchema,
  resolved: resolvedSchema.loose(),
  owner: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  textRules: z.int().exactOptional(),
  takesUp: z.string().exactOptional(),
  seen: z.enum(['by-hand', 'taken-up']).optional(),
  phase: phaseSchema,
  phaseNumber: count,
  epoch: count,
  resumeTo: phaseSchema.nullable(),
  announced: count,
  waiting: z.looseObject({ kind: waitKindSchema, reason: z.string(), since: z.string() }).nullable(),
  // One that a newer process wrote may have a code that is not known here.
  error: z.looseObject({ code: errorCodeSchema.catch('internal'), message: z.string() }).nullable(),
  history: z.array(z.looseObject({ phase: phaseSchema, at: z.string() })),
  claimed: z.boolean(),
  witness: z.record(z.string(), witnessSchema.loose()),
  reverseWitness: z.record(z.string(), witnessSchema.loose()).optional(),
  origins: z.record(z.string(), vectorOriginSchema.loose()),
  pass: pass.nullable(),
  fill: pass.nullish(),
  until: z.number().nullish(),
  stoppedAt: z.number().nullish(),
  lastPassNumber: count,
  bridged: z.array(bridgePointSchema.loose()).optional(),
  spentBefore: z.looseObject({ texts: z.number(), tokens: z.number(), batchTokens: z.number().default(0), kept: z.number() }),
  samples: z.array(z.looseObject({ at: z.string(), pass: count, points: z.number(), workedMs: z.number() })),
  scaling: z
    .looseObject({
      pass: count,
      workers: z.number(),
      since: z.string(),
      before: z.looseObject({ workers: z.number(), pointsPerSecond: z.number() }).nullable(),
      done: z.boolean(),
    })
    .nullish(),
  watermark: z
    .looseObject({ since: z.number().nullable(), seen: z.number().nullable(), seenAt: z.string(), pass: count, limited: z.boolean() })
    .nullable(),
  lag: lagSchema.loose().nullable(),
  reverseLag: lagSchema.loose().nullish(),
  freshAsOf: z.string().nullish(),
  deletesAllowed: z.number().nullable(),
  verification: verificationSchema.loose().nullable(),
  differing: z.string().nullable(),
  syncRounds: count,
  gating: z.looseObject({ at: z.string() }).nullable(),
  gates: gatesSummarySchema.loose().nullable(),
  overrides: z.array(overrideSchema.loose()),
  approval: z.looseObject({ acceptLateWrites: z.boolean() }).nullable(),
  holdToken: z.string().nullable(),
  holdSeries: z.string().nullish(),
  cutover: z.enum(['repair', 'compare', 'look-back']).nullable(),
  comparedPass: count.nullable(),
  lateWrites: z.array(findingSchema.loose()),
  lateUnlisted: z.array(z.looseObject({ kind: findingSchema.shape.kind, count: z.int() })),
  writers: writersLookSchema.loose().nullish(),
  rollback: z.looseObject({ writes: z.int(), findings: z.array(findingSchema.loose()) }).nullable(),
  loseWrites: z.number().nullable(),
  sourceStays: z.string().nullish(),
  dropVectors: z.array(z.string()),
});
export type MigrationDocument = z.infer<typeof migrationDocumentSchema>;
