import type { Spec } from './spec.ts';

type Refusal = { readonly field: string; readonly value: unknown };

/** What the schema knows and this version cannot do yet: refused by name, never ignored. */
const fields: readonly { field: string; asks: (spec: Spec) => unknown }[] = [
  { field: 'source.textFrom.url', asks: (s) => s.source.textFrom.url },
  { field: 'source.textFrom.file', asks: (s) => s.source.textFrom.file },
  { field: 'search.old.prefetch', asks: (s) => orNull(s.search.old.prefetch) },
  { field: 'search.new.prefetch', asks: (s) => orNull(s.search.new?.prefetch ?? []) },
  { field: 'search.old.fusion', asks: (s) => s.search.old.fusion },
  { field: 'search.new.fusion', asks: (s) => s.search.new?.fusion },
  { field: 'search.old.filter', asks: (s) => s.search.old.filter },
  { field: 'search.new.filter', asks: (s) => s.search.new?.filter },
  { field: 'gates.queries', asks: (s) => orNull(s.gates.queries) },
  { field: 'gates.qrels', asks: (s) => orNull(s.gates.qrels) },
  { field: 'gates.documentField', asks: (s) => s.gates.documentField },
  { field: 'gates.knownItems', asks: (s) => s.gates.knownItems },
  { field: 'throttle.pointsPerSecond', asks: (s) => s.throttle.pointsPerSecond },
  { field: 'throttle.maxSourceLatencyMs', asks: (s) => s.throttle.maxSourceLatencyMs },
  { field: 'observe.reverseSync', asks: (s) => s.observe.reverseSync },
];

function orNull(list: readonly unknown[]): readonly unknown[] | null {
  return list.length === 0 ? null : list;
}

/** The fields of a spec that this version cannot honour, with their values. */
export function unavailableIn(spec: Spec): Refusal[] {
  const plain = fields.map(({ field, asks }) => ({ field, value: asks(spec) })).filter(({ value }) => Boolean(value));
  const recipes = Object.entries(spec.vectors).flatMap(([name, vector]) => [
    ...(['project'] as const)
      .filter((recipe) => vector[recipe] !== undefined)
      .map((recipe) => ({ field: `vectors.${JSON.stringify(name)}.${recipe}`, value: vector[recipe] })),
  ]);
  return [...plain, ...recipes];
}
