/**
 * JSON read and written without a change: a number that a double would respell stays as it was written. The tests' own way, so that what
 * they expect does not rest on the code they test.
 */
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { rawJSON: string };
};

export function parseExact(text: string): unknown {
  return parse(text, (_, value, { source = '' }) => (typeof value === 'number' && String(value) !== source ? rawJSON(source) : value));
}

/** The double nearest to a number that parseExact gave. */
export function asNumber(value: unknown): number {
  return Number(isRawJSON(value) ? value.rawJSON : value);
}
