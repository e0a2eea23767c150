import { expect, test } from 'vitest';
import { collectDocuments } from './documents.ts';

test('the packages installed here document enough, with ids of both kinds, each once', async () => {
  const chunks = await collectDocuments(1_000);
  expect(chunks).toHaveLength(1_000);
  expect(new Set(chunks.map(({ id }) => id.id)).size).toBe(1_000);
  expect(new Set(chunks.map(({ id }) => id.kind))).toEqual(new Set(['integer', 'uuid']));
  expect(chunks.every(({ payload }) => payload.text.length > 0 && payload.title.startsWith(payload.package))).toBe(true);
});

test('the same installation gives the same chunks', async () => {
  expect(await collectDocuments(50)).toEqual(await collectDocuments(50));
});
