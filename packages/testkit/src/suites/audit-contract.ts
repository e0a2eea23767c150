import { type AuditEntry, auditEntrySchema } from '@reembed/contracts';
import { type AuditTrail, auditIdFrom } from '@reembed/core';
import { describe, expect, it } from 'vitest';
import { buildAuditEntry } from '../builders/build-audit-entry.ts';

type Made = { readonly audit: AuditTrail } & AsyncDisposable;

/** The promises of AuditTrail, for every store that keeps one. `make` answers an empty one and how to end it. */
export function runAuditContract(name: string, make: () => Promise<Made>): void {
  describe(`the audit trail in ${name}`, () => {
    it('is read from a moment on, page by page, each line once and in the order of time', async () => {
      await using made = await make();
      const entries = [30, 10, 50, 20, 40].map((second) => buildAuditEntry(Date.UTC(2026, 0, 1, 0, 0, second)));
      expect(await made.audit.page(null, 10)).toEqual({ lines: [], next: null });
      for (const entry of entries) await made.audit.append(entry);
      const seen: AuditEntry[] = [];
      for (let from: string | null = auditIdFrom(Date.UTC(2026, 0, 1, 0, 0, 20)); from !== null; ) {
        const { lines, next } = await made.audit.page(from, 2);
        seen.push(...lines.map((line) => auditEntrySchema.parse(JSON.parse(line))));
        from = next;
      }
      expect(seen.map(({ at }) => new Date(at).getUTCSeconds())).toEqual([20, 30, 40, 50]);
      expect(seen[1]).toEqual(entries[0]);
    });

    it('is only added to: a line whose id is there already changes nothing', async () => {
      await using made = await make();
      const entry = buildAuditEntry(Date.UTC(2026, 0, 1));
      await made.audit.append(entry);
      await made.audit.append({ ...entry, name: 'somebody else' });
      const { lines } = await made.audit.page(null, 10);
      expect(lines.map((line) => auditEntrySchema.parse(JSON.parse(line)).name)).toEqual([entry.name]);
    });

    it('loses the lines from before a moment, the oldest of too many, and no other', async () => {
      await using made = await make();
      expect(await made.audit.prune(Date.UTC(2026, 0, 1), 10)).toBe(0);
      for (let day = 1; day <= 8; day++) await made.audit.append(buildAuditEntry(Date.UTC(2026, 0, day)));
      expect(await made.audit.prune(Date.UTC(2026, 0, 3), 4)).toBe(4);
      const { lines } = await made.audit.page(null, 10);
      expect(lines.map((line) => new Date(auditEntrySchema.parse(JSON.parse(line)).at).getUTCDate())).toEqual([5, 6, 7, 8]);
    });
  });
}
