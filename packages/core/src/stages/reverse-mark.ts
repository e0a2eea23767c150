import { metadataKeys, type ReverseMark, readReverseMark } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { reembed } from '../domain/words.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';

/** Marks the old collection as the one that is kept fresh, before it is looked back at: what differs there by then is a late write. */
export async function markForReverseSync({ collections, clock }: CoordinatorDeps, { id, resolved }: Migration): Promise<void> {
  const mark: ReverseMark = { by: id, at: isoNow({ clock }) };
  await collections.patch(resolved.source, { metadata: { [metadataKeys.reverse]: mark } });
}

/**
 * Throws `wrong-state` where the old collection is another one of that name: somebody deleted it, and what is there now is none of ours. `migration`
 * is the view of the way back.
 */
export async function checkIsOldOne({ collections }: CoordinatorDeps, { id, spec }: Migration): Promise<void> {
  const { collection } = spec.target;
  const info = await collections.describe(collection);
  if (info === null || readReverseMark(info.metadata)?.by === id) return;
  throw new ReembedError(
    'wrong-state',
    `"${collection}" is not the collection that migration ${id} switched away from, but another one of that name, or somebody has changed its metadata: reverse sync writes nothing to it. ` +
      `There is nothing to roll back to without loss any more; ${reembed('complete', id, '--confirm', collection)} ends the migration, and deletes only what is marked for it`,
  );
}
