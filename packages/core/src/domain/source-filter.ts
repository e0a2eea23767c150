import { parseExactJson, type Spec } from '@reembed/contracts';
import type { Filter } from './point.ts';

/** Which points of the source migrate: the spec's filter as requests carry it; undefined: all of them. */
export function sourceFilter({ source }: Spec): Filter | undefined {
  return source.filter === null ? undefined : (parseExactJson(source.filter) as Filter);
}
