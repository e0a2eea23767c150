import { isDeepStrictEqual } from 'node:util';
import type { Spec } from '@reembed/contracts';
import type { Migration } from './migration.ts';
import { hasEnded } from './transitions.ts';

type Weight = 'decides' | 'may differ';
/** What a field weighs, whole, or each of its own fields. */
type WeightOf<Value> = Weight | (Value extends object ? WeightsOf<Value> : never);
type WeightsOf<Value> = { readonly [Field in keyof Value]-?: WeightOf<Value[Field]> };
type Weights = { readonly [field: string]: Weight | Weights };

/** All of a spec decides what the target becomes, but what may differ here. The compiler asks about a new field. */
const weights = {
  name: 'may differ',
  source: { collection: 'decides', vectors: 'may differ', filter: 'decides', textFrom: 'decides' },
  target: 'decides',
  vectors: 'decides',
  copy: 'may differ',
  sync: { changedField: 'may differ', maxDeleteShare: 'may differ', maxPasses: 'may differ', hashField: 'decides' },
  search: 'may differ',
  gates: 'may differ',
  switch: 'may differ',
} as const satisfies WeightsOf<Spec>;

/** Whether two specs make the same target from the same source. */
export function sameWork(a: Spec, b: Spec): boolean {
  return isDeepStrictEqual(deciding(a, weights), deciding(b, weights));
}

/** The part of a spec that decides; a field that only another version knew decides nothing. */
function deciding(spec: object, fields: Weights): object {
  const part = (weight: Weight | Weights, value: unknown) => {
    if (typeof weight !== 'string') return deciding(Object(value), weight);
    return weight === 'decides' ? value : undefined;
  };
  return Object.fromEntries(Object.entries(fields).map(([field, weight]) => [field, part(weight, Reflect.get(spec, field))]));
}

/** Whether a migration is doing what the spec asks for, and has not ended. */
export function inFlight(migration: Migration, spec: Spec): boolean {
  return !hasEnded(migration) && sameWork(migration.spec, spec);
}
