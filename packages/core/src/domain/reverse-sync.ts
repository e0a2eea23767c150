import type { PassKind, Spec } from '@reembed/contracts';
import type { Migration } from './migration.ts';

/*
 * Reverse sync is sync with source and target exchanged: whatever reads a migration's spec and names is given this view of it, and does what it
 * always does. It is made for one step and never stored.
 */

/** Whether the old collection follows the new one after the switch. */
export function syncsBack({ observe }: Pick<Spec, 'observe'>): boolean {
  return observe.reverseSync;
}

/** The migration from its target to its source, by the inverse mapping and what made the old vectors. */
export function reversed(migration: Migration): Migration {
  const { spec, resolved, reverseWitness = {}, reverseLag = null } = migration;
  const { reverse } = resolved;
  if (reverse === null || migration.isReversed) throw new Error(`migration ${migration.id} has no way back, or is on it`);
  const { collection } = spec.target;
  return {
    ...migration,
    isReversed: true,
    forward: migration,
    spec: {
      ...spec,
      source: { ...spec.source, collection, vectors: {} },
      target: { ...spec.target, collection: resolved.source, alias: null, payload: reverse.payload },
      vectors: reverse.vectors,
      models: reverse.models,
      // A hash stands in the payloads of the target alone.
      sync: { ...spec.sync, changedField: null, hashField: null },
    },
    resolved: { ...resolved, source: collection, storedAs: reverse.storedAs, changedKind: null, adapters: {}, avgLen: {}, earlier: null },
    witness: reverseWitness,
    lag: reverseLag,
    // What was compared before the switch says nothing of how fresh the old collection is.
    verification: null,
  };
}

/** The migration as a pass of this kind sees it. */
export function facing(migration: Migration, kind: PassKind): Migration {
  return kind.startsWith('reverse-') && !migration.isReversed ? reversed(migration) : migration;
}

/** The migration as what follows the switch compares it: the way on which nothing may be lost. */
export function afterSwitch(migration: Migration): Migration {
  return syncsBack(migration.spec) ? reversed(migration) : migration;
}
