import { z } from 'zod';

const percent = z.int().min(1).max(100).nullable();

/** Every field as it may be changed while the migration runs; null: no limit. */
const fields = {
  pointsPerSecond: z
    .number()
    .positive()
    .nullable()
    .meta({ description: 'Points of the source that the whole fleet reads for this migration in a second, at most; null: no limit.' }),
  maxSearchLatencyMs: z.number().positive().nullable().meta({
    description:
      'How long searches of source and target may take meanwhile (p95, in ms): a few are asked all the time, and the pace follows them; null: nobody asks.',
  }),
  criticalLatencyMs: z.number().positive().nullable().meta({
    description: 'Past this p95 of the same searches, in ms, nothing is read or written until they are fast again; null: no limit.',
  }),
  share: z.number().gt(0).max(1).meta({
    description:
      "The share of a provider's limits that this migration uses at most; the rest stays for others on the same key. Default: all of them, or 0.75 together with all other migrations while a gateway shares the fleet's Redis.",
  }),
  maxCostUsd: z.number().positive().nullable().meta({
    description:
      'What embedding may cost by list prices, in US dollars: it pauses before the request, or the batch, that would pass it; null: no limit.',
  }),
  maxDiskPercent: percent.meta({
    description:
      "How full the disk under Qdrant's data may be, in percent: above, nothing is written until there is room (Qdrant 1.19 or later).",
  }),
  maxMemoryPercent: percent.meta({
    description: "The same for the memory that Qdrant's process holds, of what it may have (Qdrant 1.19 or later).",
  }),
};

/** How much of a server, a provider and a purse a migration may use. */
export const throttleSpecSchema = z
  .strictObject({
    pointsPerSecond: fields.pointsPerSecond.default(null),
    maxSearchLatencyMs: fields.maxSearchLatencyMs.default(null),
    criticalLatencyMs: fields.criticalLatencyMs.default(null),
    // Absent and no null: processes of the version before read every spec.
    share: fields.share.exactOptional(),
    maxCostUsd: fields.maxCostUsd.default(null),
    maxDiskPercent: fields.maxDiskPercent.default(null),
    maxMemoryPercent: fields.maxMemoryPercent.default(null),
  })
  .refine(({ criticalLatencyMs: critical, maxSearchLatencyMs: most }) => critical === null || most === null || critical > most, {
    path: ['criticalLatencyMs'],
    error: 'is not above maxSearchLatencyMs: it is for what slowing down does not mend',
  });
export type ThrottleSpec = z.infer<typeof throttleSpecSchema>;

/** What of it a person changes; what is left out stays. */
export const throttleChangeSchema = z.strictObject(fields).partial();
