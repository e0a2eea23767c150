import type { AuditEntry } from '@reembed/contracts';
import { type AuditTrail, auditIdFrom } from '@reembed/core';

export type FakeAudit = AuditTrail & {
  /** Every line, the oldest first. */
  entries(): AuditEntry[];
};

/** An audit trail in memory. */
export function createFakeAudit(): FakeAudit {
  const kept = new Map<string, string>();
  const sorted = () => [...kept].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    entries: () => sorted().map(([, line]) => JSON.parse(line) as AuditEntry),
    async append(entry) {
      if (!kept.has(entry.id)) kept.set(entry.id, JSON.stringify(entry));
    },
    async page(from, limit) {
      const rest = sorted().filter(([id]) => from === null || id >= from);
      return { lines: rest.slice(0, limit).map(([, line]) => line), next: rest[limit]?.[0] ?? null };
    },
    async prune(beforeMs, most) {
      const all = sorted();
      const gone = all.filter(([id], at) => id < auditIdFrom(beforeMs) || at < all.length - most);
      for (const [id] of gone) kept.delete(id);
      return gone.length;
    },
  };
}
