/** One setting of either collection by its dotted path; null where it is not set. */
export type Setting = { readonly path: string; readonly old: string | null; readonly new: string | null };
type Config = Readonly<Record<string, unknown>>;

/** Every setting of both configurations, apart: those that differ, and those that are equal; each in order of their paths. */
export function diffSettings(before: Config, after: Config): { readonly differ: Setting[]; readonly equal: Setting[] } {
  const [old, now] = [leaves(before), leaves(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  const all = paths.map((path) => ({ path, old: old.get(path) ?? null, new: now.get(path) ?? null }));
  return { differ: all.filter((setting) => setting.old !== setting.new), equal: all.filter((setting) => setting.old === setting.new) };
}

/** Values by path, as JSON. Qdrant reports what is not set as null, or not at all: both are left out. */
function leaves(value: unknown, path = ''): Map<string, string> {
  if (value === null || value === undefined) return new Map();
  if (typeof value !== 'object' || Array.isArray(value)) return new Map([[path, JSON.stringify(value)]]);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, join(path, key))]));
}

/** The unnamed vector is a key without letters, and keys with dots would read as two. */
function join(path: string, key: string): string {
  const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
  return path === '' ? name : `${path}.${name}`;
}
