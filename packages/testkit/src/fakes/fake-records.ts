import type { MigrationRecord } from '@reembed/contracts';
import type { Records } from '@reembed/core';
import { asStored } from './as-stored.ts';

/** Records of migrations, in memory. */
export function createFakeRecords(): Records {
  const kept = new Map<string, MigrationRecord>();
  const texts = new Map<string, string>();
  return {
    async keep(record) {
      const { id, phaseNumber } = record.view;
      if ((kept.get(id)?.view.phaseNumber ?? 0) <= phaseNumber) kept.set(id, asStored(record));
    },
    load: async (id) => kept.get(id) ?? null,
    list: async () =>
      [...kept.values()].map(({ report: _, ...listed }) => listed).sort((a, b) => (a.view.createdAt < b.view.createdAt ? 1 : -1)),
    keepText: async (id, sha256, text) => void texts.set(`${id} ${sha256}`, text),
    text: async (id, sha256) => texts.get(`${id} ${sha256}`) ?? null,
    async forget(id) {
      kept.delete(id);
      for (const key of texts.keys()) if (key.startsWith(`${id} `)) texts.delete(key);
    },
  };
}
