/**
 * A value as it comes back from a store that keeps JSON. Frozen to its depths, so that all who read it may be given the same one; nothing else
 * here is frozen, so that of a document which changes in one place the rest need not be copied again.
 */
export function asStored<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const copy = Array.isArray(value) ? value.map((inner) => (inner === undefined ? null : asStored(inner))) : fieldsStored(value);
  return Object.freeze(copy) as Value;
}

function fieldsStored(value: object): object {
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== undefined) copy[key] = asStored(inner);
  return copy;
}
