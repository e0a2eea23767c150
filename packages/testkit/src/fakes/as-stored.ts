/** A value as it comes back from a store that keeps JSON. Frozen to its depths, so that all who read it may be given the same one. */
export function asStored<Value>(value: Value): Value {
  return frozen(JSON.parse(JSON.stringify(value)));
}

function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
