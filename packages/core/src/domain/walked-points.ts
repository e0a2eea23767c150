import type { PassKind } from '@reembed/contracts';
import type { Migration } from './migration.ts';
import { isInPlace } from './recipes-of.ts';
import { sourceFilter } from './source-filter.ts';

/** Whose points a pass goes by, and which of them: those that migrate, or, after a switch, all that live in the new collection. */
export function walkedPoints({ spec, resolved }: Pick<Migration, 'spec' | 'resolved'>, kind: PassKind) {
  return kind === 'backfill' && !isInPlace(spec)
    ? { collection: spec.target.collection, filter: undefined }
    : { collection: resolved.source, filter: sourceFilter(spec) };
}
