import { expect, test } from 'vitest';
import type { Answer } from './search-by-text.ts';
import { fewestInOneSecond, startReader } from './start-reader.ts';

const answer = (collection: string, ...ids: string[]): Answer => ({
  collection,
  hits: ids.map((id, at) => ({ id, score: 1 - at / 10, title: id })),
});

async function readOnce(search: () => Promise<Answer>, expected: string[] | null) {
  const asked = Promise.withResolvers<void>();
  const reader = startReader({
    queries: ['q'],
    perSecond: 200,
    expected: () => expected,
    search: () => {
      asked.resolve();
      return search();
    },
  });
  await asked.promise;
  return reader.stop();
}

test('whole answers are counted by the collection that gave them', async () => {
  const report = await readOnce(async () => answer('docs_v1', 'a', 'b'), ['a', 'b']);
  expect(report).toMatchObject({ failed: 0, mixed: 0, faults: [], by: { docs_v1: report.searches } });
});

test('an answer that is not what its collection answers is a mixed one', async () => {
  const report = await readOnce(async () => answer('docs_v2', 'a', 'x'), ['a', 'b']);
  expect(report).toMatchObject({ failed: 0, mixed: report.searches });
  expect(report.faults[0]).toContain('docs_v2');
});

test('a search that throws is a failed one', async () => {
  const report = await readOnce(async () => Promise.reject(new Error('refused')), null);
  expect(report).toMatchObject({ failed: report.searches, mixed: 0 });
  expect(report.faults[0]).toContain('refused');
});

test.each([
  [[100, 200, 1_100, 2_500], 1],
  [[100, 200, 2_100, 3_500], 0],
  [[100, 200], 2],
])('of answers at %j the fewest in a full second are %d', (at, fewest) => expect(fewestInOneSecond(at)).toBe(fewest));
