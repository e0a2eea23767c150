import type { MigrationRecord } from '@reembed/contracts';
import type { Records } from '@reembed/core';
import { asStored } from './as-stored.ts';

/** Records of migrations, in memory. */
export function createFakeRecords(): Records {
  const kept = new Map<string, MigrationRecord>();
  return {
    async keep(record) {
      const { id, phaseNumber } = record.view;
      if ((kept.get(id)?.view.phaseNumber ?? 0) <= phaseNumber) kept.set(id, asStored(record));
    },
    load: async (id) => kept.get(id) ?? null,
    list: async () =>
      [...kept.values()].map(({ report: _, ...listed }) => listed).sort((a, b) => (a.view.createdAt < b.view.createdAt ? 1 : -1)),
    forget: async (id) => void kept.delete(id),
  };
}
