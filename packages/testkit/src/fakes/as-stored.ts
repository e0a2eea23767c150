/** What was stored before: of a document that changes in one place, the rest need not be copied again. */
const stored = new WeakSet<object>();

/** A value as it comes back from a store that keeps JSON. Frozen to its depths, so that all who read it may be given the same one. */
export function asStored<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || stored.has(value)) return value;
  const copy = Array.isArray(value) ? value.map((inner) => (inner === undefined ? null : asStored(inner))) : fieldsStored(value);
  stored.add(Object.freeze(copy));
  return copy as Value;
}

function fieldsStored(value: object): object {
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== undefined) copy[key] = asStored(inner);
  return copy;
}
