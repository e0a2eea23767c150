import { type AuditPage, auditEntrySchema } from '@reembed/contracts';
import { type AuditTrail, auditIdFrom } from '../ports/audit-trail.ts';

/** Which lines: `since`: a moment, `cursor`: the `next` of the page before. */
export type AuditQuery = { readonly since?: string | undefined; readonly cursor?: string | null | undefined; readonly limit: number };

/** A page of the audit trail, the oldest line first. A line that cannot be read is counted, and keeps nobody from reading the others. */
export async function readAudit(audit: Pick<AuditTrail, 'page'>, { since, cursor, limit }: AuditQuery): Promise<AuditPage> {
  const { lines, next } = await audit.page(cursor ?? auditStart(since), limit);
  const entries = lines.flatMap((line) => auditEntrySchema.safeParse(JSON.parse(line)).data ?? []);
  return { entries, unreadable: lines.length - entries.length, next };
}

/** Where lines from a moment on begin; null: at the first. */
export function auditStart(since: string | undefined): string | null {
  return since === undefined ? null : auditIdFrom(Date.parse(since));
}
