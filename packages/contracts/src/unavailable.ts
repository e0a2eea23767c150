import type { Spec } from './spec.ts';

type Refusal = { readonly field: string; readonly value: unknown };

/** What the schema knows and this version cannot do yet: refused by name, never ignored. */
const fields: readonly { field: string; asks: (spec: Spec) => unknown }[] = [
  { field: 'throttle.pointsPerSecond', asks: (s) => s.throttle.pointsPerSecond },
  { field: 'throttle.maxSourceLatencyMs', asks: (s) => s.throttle.maxSourceLatencyMs },
  { field: 'observe.reverseSync', asks: (s) => s.observe.reverseSync },
];

/** The fields of a spec that this version cannot honour, with their values. */
export function unavailableIn(spec: Spec): Refusal[] {
  return fields.map(({ field, asks }) => ({ field, value: asks(spec) })).filter(({ value }) => Boolean(value));
}
