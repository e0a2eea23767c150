import { createFakeStores } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { chooseSample, divide } from './choose-sample.ts';

async function collection(points: readonly { id: string; payload: string }[]) {
  const stores = createFakeStores();
  await stores.collections.create('docs', { vectors: { size: 2, distance: 'Cosine' } });
  stores.put(
    'docs',
    points.map(({ id, payload }) => ({ id: { kind: 'integer', id }, payload, vectors: { '': '[1,0]' } })),
  );
  return stores.points;
}

const numbered = (count: number, payload: (at: number) => string = () => '{}') =>
  Array.from({ length: count }, (_, at) => ({ id: String(at), payload: payload(at) }));
const request = { collection: 'docs', size: 100, seed: 'a', stratify: null };

test('the same seed draws the same points, another seed others, each once', async () => {
  const points = await collection(numbered(1000));
  const [first, again, other] = [
    await chooseSample(points, request),
    await chooseSample(points, request),
    await chooseSample(points, { ...request, seed: 'b' }),
  ];
  expect(again).toEqual(first);
  expect(new Set(first.ids.map(({ id }) => id)).size).toBe(100);
  expect(first.scanned).toBe(1000);
  const both = first.ids.filter(({ id }) => other.ids.some((one) => one.id === id));
  expect(both.length).toBeLessThan(40);
});

test('a sample and its beginning are spread over the whole id space', async () => {
  const { ids } = await chooseSample(await collection(numbered(1000)), request);
  for (const some of [ids, ids.slice(0, 30)]) {
    const low = some.filter(({ id }) => Number(id) < 500).length / some.length;
    expect(low).toBeGreaterThan(0.25);
    expect(low).toBeLessThan(0.75);
  }
});

test('a collection smaller than the sample is taken whole', async () => {
  const { ids } = await chooseSample(await collection(numbered(7)), request);
  expect(ids.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('strata get equal shares, and a small one leaves its rest to the others', async () => {
  const language = (at: number) => `{"meta":{"language":"${at < 900 ? 'en' : at < 990 ? 'de' : 'el'}"}}`;
  const sample = await chooseSample(await collection(numbered(1000, language)), { ...request, stratify: 'meta.language' });
  expect(sample.strata).toEqual({ en: 45, de: 45, el: 10 });
  expect(sample.ids).toHaveLength(100);
});

test('a field with a value of its own for every point is refused', async () => {
  const points = await collection(numbered(500, (at) => `{"title":"t${at}"}`));
  await expect(chooseSample(points, { ...request, stratify: 'title' })).rejects.toThrow('"title" has more than 200 values');
});

test.each<[number, number[], number[]]>([
  [10, [100], [10]],
  [10, [3, 100], [3, 7]],
  [10, [2, 3], [2, 3]],
  [7, [100, 100, 100], [2, 2, 3]],
  [5, [], []],
])('%d over strata of %j is %j', (size, available, shares) => {
  expect(divide(size, available)).toEqual(shares);
});
