import { metadataKeys, type Phase } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import { recordInForce } from '../plan/record-in-force.ts';
import type { Collections } from '../ports/collections.ts';

type AtWork = { readonly id: string; readonly phase: Phase; readonly source: string; readonly target: string };

/**
 * Throws `wrong-state` where a migration is filling the collection, or reading it, and has not switched yet: of its target the indexing is
 * held back and set by the spec; of its source the settings and searches are what its gates compare with. By the metadata of all
 * collections, so that migrations of every fleet count. One that is `observing` has measured, and lets it be.
 */
export async function checkNotAtWork(collections: Collections, name: string): Promise<void> {
  for (const other of await collections.names()) {
    const info = await collections.describe(other);
    const found = info === null ? null : atWork(info);
    if (found === null || found.phase === 'observing' || (found.target !== name && found.source !== name)) continue;
    const role = found.target === name ? 'the target' : 'the source';
    throw new ReembedError(
      'wrong-state',
      `"${name}" is ${role} of migration ${found.id}, which is ${found.phase}, and measures it as it is now: requantize it once the migration has switched or ended (\`reembed status ${found.id}\`)`,
    );
  }
}

function atWork(info: CollectionInfo): AtWork | null {
  const record = recordInForce(info);
  const { resolved } = (info.metadata[metadataKeys.migration] ?? {}) as { resolved?: { source?: unknown } };
  return record === null ? null : { ...record, target: info.name, source: String(resolved?.source) };
}
