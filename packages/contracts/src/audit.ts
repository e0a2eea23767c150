import { z } from 'zod';
import { roleSchema } from './access.ts';
import { errorCodeSchema } from './error-codes.ts';
import { phaseSchema } from './phase.ts';

/** How the coordinator knows who acts. `loopback` and `shared-token`: the name is the caller's own word. */
export const knownByKinds = ['loopback', 'shared-token', 'token', 'oidc', 'proxy'] as const;
export type KnownBy = (typeof knownByKinds)[number];

/**
 * One line of the audit trail. `asked` is written before an act, `answered` when its reply is known, `refused` where the role did not allow it: of an act
 * whose coordinator died the second is missing, and what became of it is seen in the migration.
 */
export const auditEntrySchema = z.object({
  id: z.uuid().meta({ description: 'Of this line; later ones are greater.' }),
  act: z.uuid().meta({ description: 'The id of the line that began the act: `asked` and `answered` have the same.' }),
  at: z.iso.datetime(),
  kind: z.enum(['asked', 'answered', 'refused', 'limited']),
  what: z.string().meta({ description: 'The act, such as `switch`.' }),
  migration: z.string().nullable(),
  name: z.string().meta({ description: 'Who acts.' }),
  role: roleSchema.nullable(),
  knownBy: z.enum(knownByKinds).nullable(),
  says: z.string().nullable().meta({ description: 'What the caller calls itself, in the header reembed-by: nobody checks it.' }),
  from: z.string().meta({ description: 'The address that the request came from.' }),
  words: z.string().nullable().meta({ description: 'What the request said beside the act, as JSON; of long ones the beginning.' }),
  phaseBefore: phaseSchema.nullable(),
  phaseAfter: phaseSchema.nullable(),
  status: z.int().nullable().meta({ description: 'Of the reply.' }),
  code: errorCodeSchema.nullable().meta({ description: 'Of the reply, where it is an error.' }),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** `unreadable`: lines of this page that another version wrote, or somebody changed; the export has them as they are. */
export const auditPageSchema = z.object({ entries: z.array(auditEntrySchema), unreadable: z.int(), next: z.string().nullable() });
export type AuditPage = z.infer<typeof auditPageSchema>;

/** Which entries: from the oldest on. */
export const auditQuerySchema = z.object({
  since: z.iso.datetime({ offset: true }).optional().meta({ description: 'Only what was written from then on.' }),
  cursor: z.uuid().optional().meta({ description: 'The `next` of the page before; without it, the first page.' }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).meta({ description: 'How many at most.' }),
});
