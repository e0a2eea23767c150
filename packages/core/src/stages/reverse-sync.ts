import type { Migration } from '../domain/migration.ts';
import { differencesIn, reembed } from '../domain/words.ts';

/**
 * Why the old collection is not kept fresh for now, in words; null: nothing stands in the way. Writes that came late to it are nowhere else: while
 * any is open, nothing there is written over or deleted.
 */
export function whyNoReverseSync({ id, lateWrites, resolved }: Migration): string | null {
  const { source } = resolved;
  if (lateWrites.length === 0) return null;
  return (
    `reverse sync waits: ${differencesIn(lateWrites)} write(s) came late to "${source}", which is their only copy. ${reembed('late-writes', id, '--insert-missing')} inserts what is missing; ` +
    `${reembed('late-writes', id, '--accept')} gives them up: reverse sync then makes "${source}" what the new collection is`
  );
}
