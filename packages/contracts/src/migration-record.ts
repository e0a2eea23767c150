import { z } from 'zod';
import { migrationViewSchema } from './migration-view.ts';
import { reportSchema } from './report.ts';

/** Collections of reembed's own bear names that begin so. */
const ownPrefix = 'reembed.';

/** The collection that keeps what is known of every migration of a server: a public format, described in docs/metadata.md. */
export const recordsCollection = `${ownPrefix}migrations`;

/** The collection that keeps who did what: docs/how-to/people.md. */
export const auditCollection = `${ownPrefix}audit`;

/** Whether a collection is one of reembed's own: no source, no target, and no stranger's either. */
export function isOwnCollection(name: string): boolean {
  return name === recordsCollection || name === auditCollection || (name.startsWith(ownPrefix) && /\.(set-aside|late-writes)$/.test(name));
}

/** What a person needs of a migration later, as it was `at` that moment. */
export const migrationRecordSchema = z.object({
  format: z.literal(1),
  at: z.iso.datetime(),
  view: migrationViewSchema,
  report: reportSchema,
});
export type MigrationRecord = z.infer<typeof migrationRecordSchema>;

/** What lists show of it: the report is long. */
export const listedRecordSchema = migrationRecordSchema.omit({ report: true });
export type ListedRecord = z.infer<typeof listedRecordSchema>;
