/** A copy of everything that a memory held at one moment. */
export type MemoryCopy = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** What the fakes of one server keep, by name: it can be copied, and put back as it was, under the fakes that go on using it. */
export type FakeMemory = {
  /** The same map for the same name, always. */
  map<Value>(name: string): Map<string, Value>;
  copy(): MemoryCopy;
  /** What the copy does not have is gone. */
  restore(copy: MemoryCopy): void;
};

export function createFakeMemory(): FakeMemory {
  const maps = new Map<string, Map<string, unknown>>();
  return {
    map<Value>(name: string) {
      const found = maps.get(name) ?? new Map<string, unknown>();
      maps.set(name, found);
      return found as Map<string, Value>;
    },
    copy: () => copied(maps),
    restore(copy) {
      const fresh = copied(copy);
      for (const [name, kept] of maps) {
        kept.clear();
        for (const [key, value] of fresh.get(name) ?? []) kept.set(key, value);
      }
    },
  };
}

/** What is frozen cannot change, so both may have it. */
function copied<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) return new Map(Iterator.from(value).map(([key, inner]) => [key, copied(inner)])) as Value;
  if (value instanceof Set) return new Set(value) as Value;
  if (Array.isArray(value)) return value.map(copied) as Value;
  const copy = { ...(value as Record<string, unknown>) };
  for (const key in copy) copy[key] = copied(copy[key]);
  return copy as Value;
}
