import { isDeepStrictEqual } from 'node:util';
import type { Spec } from '@reembed/contracts';
import type { Migration } from './migration.ts';
import { hasEnded } from './transitions.ts';

/** Whether two specs make the same target from the same source: how fast, how it is called and when it switches may differ. */
export function sameWork(a: Spec, b: Spec): boolean {
  const work = ({ source, target, vectors, sync }: Spec) => ({
    source: { collection: source.collection, filter: source.filter, textFrom: source.textFrom },
    target,
    vectors,
    hashField: sync.hashField,
  });
  return isDeepStrictEqual(work(a), work(b));
}

/** Whether a migration is doing what the spec asks for, and has not ended. */
export function inFlight(migration: Migration, spec: Spec): boolean {
  return !hasEnded(migration) && sameWork(migration.spec, spec);
}
