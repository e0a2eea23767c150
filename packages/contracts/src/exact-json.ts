/**
 * JSON whose integers keep every digit. Past 2^53 a number would not (ids and payloads of Qdrant go to 2^64), so such an integer is held
 * as raw JSON, which JSON.stringify writes as it came.
 */
export function parseExactJson(text: string): unknown {
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '') ? json.rawJSON(source ?? '') : value,
  );
}

/** An integer for JSON.stringify: a number where that is exact, raw JSON elsewhere. */
export function exactInteger(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : json.rawJSON(String(value));
}

/** One text for equal values: keys sorted, no white space. Raw JSON is kept. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || json.isRawJSON(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

/** In every engine this runs on (V8 of Node 21 and later), not yet in TypeScript's library. */
const json = JSON as unknown as { rawJSON(text: string): unknown; isRawJSON(value: unknown): boolean };
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;
