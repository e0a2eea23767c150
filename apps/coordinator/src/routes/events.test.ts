import type { MigrationEvent } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { eventLines } from './events.ts';

const event: MigrationEvent = { type: 'note', at: '2026-01-01T00:00:00.000Z', message: 'hello' };

it('sends events with id, name and data, after a comment', async () => {
  async function* one() {
    yield { id: '1-0', event };
  }
  const lines = [];
  for await (const line of eventLines(one())) lines.push(line);
  expect(lines).toEqual([': reembed\n\n', `id: 1-0\nevent: note\ndata: ${JSON.stringify(event)}\n\n`]);
});

it('says that it is still there while there is no news, and loses none', async () => {
  const news = Promise.withResolvers<void>();
  async function* late() {
    await news.promise;
    yield { id: '2-0', event };
  }
  const lines = eventLines(late(), 1);
  await lines.next();
  expect((await lines.next()).value).toBe(': still here\n\n');
  expect((await lines.next()).value).toBe(': still here\n\n');
  news.resolve();
  let line = await lines.next();
  while (line.value === ': still here\n\n') line = await lines.next();
  expect(line.value).toContain('id: 2-0');
  expect((await lines.next()).done).toBe(true);
});
