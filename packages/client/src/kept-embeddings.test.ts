import { expect, it } from 'vitest';
import { createKeptEmbeddings } from './kept-embeddings.ts';

const vector = (value: number) => Float32Array.of(value);

it('asks once for all who want the same at the same time, and never again', async () => {
  const kept = createKeptEmbeddings(10);
  const asked: (readonly number[])[] = [];
  const gate = Promise.withResolvers<void>();
  const make = async (missing: readonly number[]) => {
    asked.push(missing);
    await gate.promise;
    return missing.map(vector);
  };
  const first = kept.all(['a', 'b', 'a'], make);
  const second = kept.all(['b', 'c'], make);
  gate.resolve();
  expect(await first).toEqual([vector(0), vector(1), vector(0)]);
  expect(await second).toEqual([vector(1), vector(1)]);
  expect(asked).toEqual([[0, 1], [1]]);
  await kept.all(['a', 'b', 'c'], make);
  expect(asked).toHaveLength(2);
});

it('keeps nothing that failed', async () => {
  const kept = createKeptEmbeddings(10);
  await expect(kept.all(['a'], () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await kept.all(['a'], async () => [vector(1)])).toEqual([vector(1)]);
});

it('lets go what was wanted longest ago', async () => {
  const kept = createKeptEmbeddings(2);
  const asked: string[] = [];
  const want = (key: string) =>
    kept.all([key], async () => {
      asked.push(key);
      return [vector(1)];
    });
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await want(key);
  expect(asked).toEqual(['a', 'b', 'c', 'b']);
});
