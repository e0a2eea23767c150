/** What an answer says of waiting: `Retry-After`, `retry-after-ms` (OpenAI, Azure) and `Date`. */
export type WaitHeaders = {
  readonly retryAfter?: string | null | undefined;
  readonly retryAfterMs?: string | null | undefined;
  readonly date?: string | null | undefined;
};

/** What is waited at most on somebody's word, in ms: some (Azure) say a day and mean a minute. After it comes one try that finds out. */
export const longestWaitMs = 600_000;

/**
 * How long the other side asks to wait, in ms: `retry-after-ms`, else `Retry-After` in seconds or as an HTTP date. Undefined where it does not
 * say, or says that there is nothing to wait for (0, or a moment that has passed): the usual back-off holds then, since asking again at once
 * has not helped anybody. At most `longestMs`.
 */
export function readRetryAfter(
  { retryAfter, retryAfterMs, date }: WaitHeaders,
  nowMs: number,
  longestMs = longestWaitMs,
): number | undefined {
  const said = [parseNumber(retryAfterMs, 1), parseNumber(retryAfter, 1_000), parseDate(retryAfter, serverClock(date, nowMs))];
  const wait = said.find((ms) => ms !== undefined && ms > 0);
  return wait === undefined ? undefined : Math.min(wait, longestMs);
}

function parseNumber(value: string | null | undefined, msPerUnit: number): number | undefined {
  if (!value || !/^\s*\d+(\.\d+)?\s*$/.test(value)) return undefined;
  return Math.ceil(Number(value) * msPerUnit);
}

function parseDate(value: string | null | undefined, nowMs: number): number | undefined {
  // Date.parse takes "-5" for a date, too.
  const at = value && /[A-Za-z]{3}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at - nowMs;
}

/** The reply's own Date where it has one, so that clocks that disagree do not turn a wait into none. */
function serverClock(date: string | null | undefined, nowMs: number): number {
  const at = date ? Date.parse(date) : Number.NaN;
  return Number.isNaN(at) ? nowMs : at;
}
