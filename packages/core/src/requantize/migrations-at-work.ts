import { ReembedError } from '../domain/error.ts';
import { recordInForce } from '../plan/record-in-force.ts';
import type { Collections } from '../ports/collections.ts';

/**
 * Throws `wrong-state` where a migration is filling the collection, or reading it, and has not switched yet: of its target the indexing is
 * held back and set by the spec; of its source the settings and searches are what its gates compare with. By the metadata of all
 * collections, so that migrations of every fleet count. One that is `observing` has measured, and lets it be.
 */
export async function checkNotAtWork(collections: Collections, name: string): Promise<void> {
  for (const other of await collections.names()) {
    const info = await collections.describe(other);
    const found = info === null ? null : recordInForce(info);
    if (found === null || found.phase === 'observing' || (other !== name && found.source !== name)) continue;
    const role = other === name ? 'the target' : 'the source';
    throw new ReembedError(
      'wrong-state',
      `"${name}" is ${role} of migration ${found.id}, which is ${found.phase}, and measures it as it is now: requantize it once the migration has switched or ended (\`reembed status ${found.id}\`)`,
    );
  }
}
