import { ReembedError } from '@reembed/core';
import { expect, it } from 'vitest';
import type { AbsenceNews } from '../terminal/reporter.ts';
import { createAbsence } from './absence.ts';

const away = () => new ReembedError('coordinator-unreachable', 'no coordinator answers');

function start() {
  const news: AbsenceNews[] = [];
  let seconds = 0;
  const absence = createAbsence(
    (one) => news.push(one),
    () => Date.UTC(2026, 0) + seconds * 1_000,
  );
  const at = (now: number) => {
    seconds = now;
  };
  return { news, absence, at };
}

it('a coordinator that goes is told once, since it was last heard, and so is that it is back', () => {
  const { news, absence, at } = start();
  absence.heard();
  at(5);
  for (let tries = 0; tries < 3; tries++) absence.failed(away());
  at(65);
  absence.heard();
  absence.heard();
  expect(news).toEqual([
    { type: 'away', since: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:10:05.000Z', message: 'no coordinator answers' },
    { type: 'back', since: '2026-01-01T00:00:00.000Z', at: '2026-01-01T00:01:05.000Z' },
  ]);
});

it.each([
  ['that was heard is asked again for ten minutes', true, 600],
  ['that never was for half a minute', false, 30],
])('one %s, each time that it goes, and not longer', (_, wasHeard, seconds) => {
  const { absence, at } = start();
  for (const from of [1_000, 5_000]) {
    if (wasHeard) absence.heard();
    at(from);
    absence.failed(away());
    at(from + seconds - 1);
    absence.failed(away());
    if (!wasHeard) break;
  }
  at(wasHeard ? 5_000 + seconds : 1_000 + seconds);
  expect(() => absence.failed(away())).toThrow('no coordinator answers');
});

it('what does not pass by itself is no absence, and a connection that was cut is none before it cannot be opened again', () => {
  const { news, absence } = start();
  absence.failed(new Error('other side closed'));
  expect(() => absence.failed(new ReembedError('not-found', 'there is no migration "m1"'))).toThrow('there is no migration');
  expect(news).toEqual([]);
});
