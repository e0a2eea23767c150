import { type PassKind, parseExactJson, type Spec } from '@reembed/contracts';
import type { Migration } from './migration.ts';
import type { Filter } from './point.ts';
import { isInPlace } from './recipes-of.ts';

/** Which points of the source migrate: the spec's filter as requests carry it; undefined: all of them. */
export function sourceFilter({ source }: Spec): Filter | undefined {
  return source.filter === null ? undefined : (parseExactJson(source.filter) as Filter);
}

/** What matches both; the first may leave nothing out. */
export function bothFilters(first: Filter | undefined, second: Filter): Filter {
  return first === undefined ? second : { must: [first, second] };
}

/** Whether a pass gives vectors to points where they live. */
export function fillsIn(kind: PassKind): boolean {
  return kind === 'backfill' || kind === 'hot';
}

/** Whose points a pass goes by, and which of them: those that migrate, or, after a switch, all that live in the new collection. */
export function walkedPoints({ spec, resolved }: Pick<Migration, 'spec' | 'resolved'>, kind: PassKind) {
  return kind === 'backfill' && !isInPlace(spec)
    ? { collection: spec.target.collection, filter: undefined }
    : { collection: resolved.source, filter: sourceFilter(spec) };
}
