import { describe, expect, it } from 'vitest';
import { allowedBy, type Lesson, lessonAfter } from './lesson.ts';

const minute = 60_000;

/** How many minutes it takes until a lesson of `most` allows `wanted` again, where nobody tells it anew. */
function minutesUntil(lesson: Lesson, wanted: number): number {
  for (let minutes = 0; minutes < 10_000; minutes++) {
    if ((allowedBy(lesson, lesson.at + minutes * minute) ?? Number.POSITIVE_INFINITY) >= wanted) return minutes;
  }
  return Number.POSITIVE_INFINITY;
}

describe('a size that one stray answer has taught', () => {
  it.each([
    ['half of a request', 1_024, 2_048, 4],
    ['one text', 1, 2_048, 60],
    ['one token', 1, 300_000, 60],
  ])('is forgotten within the hour: %s', (_, most, whole, minutes) => {
    expect(minutesUntil(lessonAfter(undefined, most, 5), whole)).toBeLessThanOrEqual(minutes);
  });

  it('leaves nothing behind: the next one is a first one again', () => {
    const long = 61 * minute;
    expect(lessonAfter(lessonAfter(undefined, 1, 0), 8, long)).toEqual({ most: 8, at: long, riseMs: minute });
  });
});

describe('a limit that a server really has', () => {
  /** A server that takes `limit`, asked all day by a fleet that goes by what it has learnt: the minutes in which more was tried. */
  function triesOfADay(limit: number, whole: number): number[] {
    const tries: number[] = [];
    let lesson: Lesson | undefined;
    for (let now = 0; now < 1_440; now++) {
      const allowed = lesson === undefined ? whole : Math.min(whole, allowedBy(lesson, now * minute) ?? whole);
      if (allowed <= limit) continue;
      tries.push(now);
      let fitting = allowed;
      while (fitting > limit) fitting = Math.ceil(fitting / 2);
      lesson = lessonAfter(lesson, fitting, now * minute);
    }
    return tries;
  }

  it.each([1, 16, 100, 1_000])('of %i is tried ever more rarely, and never much more often than every quarter of an hour', (limit) => {
    const tries = triesOfADay(limit, 2_048);
    expect(tries.length).toBeGreaterThan(5);
    const late = tries.slice(5);
    for (const [at, now] of late.slice(1).entries()) expect(now - (late[at] ?? 0)).toBeGreaterThanOrEqual(16);
  });

  it('that falls is learnt at once, and one that several are told at once is the least of them', () => {
    const together = [16, 4, 8].reduce<Lesson | undefined>((before, most) => lessonAfter(before, most, 0), undefined);
    expect(together).toEqual({ most: 4, at: 0, riseMs: minute });
    expect(allowedBy(lessonAfter(together, 2, minute / 2), minute / 2)).toBe(2);
  });
});
