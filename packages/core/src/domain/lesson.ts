/*
 * How it is forgotten again that a size did not fit. What was told once may have been a stray answer, so a quarter more is tried every minute: half of what a
 * request was is whole again after four minutes, and after an hour one of a single token is what any provider takes. What is told again once it has risen
 * is so: each time the next try comes twice as late, every 16 minutes in the end.
 */

const riseFactor = 1.25;
/** How a lesson rises that was told once, or by an older process, which kept no rise. */
export const firstRiseMs = 60_000;
const slowestRiseMs = 16 * firstRiseMs;
/** After so many rises it is forgotten: from one token to 650,000. */
const mostRises = 60;

/** `most`: of texts or tokens in a request. `at`: when it was told last; `riseMs`: how long until a quarter more is tried. Both in ms. */
export type Lesson = { readonly most: number; readonly at: number; readonly riseMs: number };

/** What a lesson allows by now; undefined: it is forgotten. */
export function allowedBy({ most, at, riseMs }: Lesson, now: number): number | undefined {
  const rises = risesBy({ at, riseMs }, now);
  return rises >= mostRises ? undefined : Math.floor(most * riseFactor ** rises);
}

/** What is known once it is told that `most` fitted where more did not. Of several who are told at once the one that was told least is right. */
export function lessonAfter(before: Lesson | undefined, most: number, now: number): Lesson {
  const allowed = before === undefined ? undefined : allowedBy(before, now);
  if (before === undefined || allowed === undefined) return { most, at: now, riseMs: firstRiseMs };
  if (most >= allowed) return before;
  const hasRisen = risesBy(before, now) > 0;
  return { most, at: now, riseMs: hasRisen ? Math.min(before.riseMs * 2, slowestRiseMs) : before.riseMs };
}

function risesBy({ at, riseMs }: Pick<Lesson, 'at' | 'riseMs'>, now: number): number {
  return Math.max(0, Math.floor((now - at) / riseMs));
}
