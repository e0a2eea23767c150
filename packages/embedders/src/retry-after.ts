/** How long the other side asks to wait, in ms: `retry-after-ms` (OpenAI, Azure), else `Retry-After` in seconds or as an HTTP date. */
export function readRetryAfter(headers: { get(name: string): string | null } | undefined, now: number): number | undefined {
  const inMs = parseSeconds(headers?.get('retry-after-ms'), 1);
  if (inMs !== undefined) return inMs;
  const value = headers?.get('retry-after');
  return parseSeconds(value, 1000) ?? parseDate(value, serverClock(headers?.get('date'), now));
}

function parseSeconds(value: string | null | undefined, msPerUnit: number): number | undefined {
  if (!value || !/^\s*\d+(\.\d+)?\s*$/.test(value)) return undefined;
  return Math.ceil(Number(value) * msPerUnit);
}

function parseDate(value: string | null | undefined, now: number): number | undefined {
  // Date.parse takes "-5" for a date, too.
  const at = value && /[A-Za-z]{3}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** The reply's own Date where it has one, so that clocks that disagree do not turn a wait into none. */
function serverClock(date: string | null | undefined, now: number): number {
  const at = date ? Date.parse(date) : Number.NaN;
  return Number.isNaN(at) ? now : at;
}
