/** What was stored before: of a document that changes in one place, the rest need not be copied again. */
const stored = new WeakSet<object>();

/** A value as it comes back from a store that keeps JSON. Frozen to its depths, so that all who read it may be given the same one. */
export function asStored<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || stored.has(value)) return value;
  const copy = Array.isArray(value)
    ? value.map((inner) => (inner === undefined ? null : asStored(inner)))
    : Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, asStored(inner)]])));
  stored.add(Object.freeze(copy));
  return copy as Value;
}
