/**
 * Whether two payload texts say the same: equal text, or equal values with keys in any order and numbers by spelling, so that `1.0` and
 * `1` differ. A later set_payload may order keys differently than the copy did.
 */
export function payloadsEqual(a: string, b: string): boolean {
  return a === b || canonical(a) === canonical(b);
}

type Reviver = (key: string, value: unknown, context: { source: string }) => unknown;
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;

function canonical(text: string): string {
  return JSON.stringify(parse(text, (_, value, { source }) => (typeof value === 'number' ? { n: source } : sorted(value))));
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return { o: Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) };
}
