import { createFakeStores } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePointIds, type PointText } from '../domain/point.ts';
import type { ScrollRequest } from '../ports/collections.ts';
import { anyId, integer, point } from './range-context.fixture.ts';
import { type RangePage, type ReadRange, readRange } from './read-pages.ts';

async function filled(points: readonly PointText[]) {
  const stores = createFakeStores();
  await stores.collections.create('source', { vectors: {} });
  stores.put('source', points);
  const requests: ScrollRequest[] = [];
  const scroll = (collection: string, request: ScrollRequest) => {
    requests.push(request);
    return stores.points.scroll(collection, request);
  };
  return { points: { scroll }, requests };
}

function read(change: Partial<ReadRange> = {}): ReadRange {
  const { signal } = new AbortController();
  return { collection: 'source', from: null, end: null, pagePoints: 2, payload: true, vectors: [], signal, ...change };
}

async function collect(pages: AsyncIterable<RangePage>): Promise<RangePage[]> {
  const all: RangePage[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

describe('readRange', () => {
  it('reads exactly the points of the range, in order, each page telling where the next one starts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(anyId, { selector: (id) => id.id }),
        fc.option(anyId),
        fc.option(anyId),
        fc.integer({ min: 1, max: 5 }),
        async (ids, from, end, pagePoints) => {
          const { points } = await filled(ids.map((id) => point(id)));
          const pages = await collect(readRange(points, read({ from, end, pagePoints })));
          const inside = ids
            .toSorted(comparePointIds)
            .filter((id) => (from === null || comparePointIds(id, from) >= 0) && (end === null || comparePointIds(id, end) < 0));
          expect(pages.flatMap((page) => page.points.map(({ id }) => id))).toEqual(inside);
          expect(pages.slice(0, -1).map(({ next }) => next)).toEqual(pages.slice(1).map((page) => page.points[0]?.id));
          expect(pages.at(-1)?.next).toBeNull();
        },
      ),
    );
  });

  it('gives one empty page where there is nothing', async () => {
    const { points } = await filled([]);
    expect(await collect(readRange(points, read()))).toEqual([{ points: [], next: null }]);
  });

  it('reads the next page while the caller works on this one, and no further', async () => {
    const { points, requests } = await filled([1, 2, 3, 4, 5, 6, 7].map((id) => point(id)));
    const pages = readRange(points, read());
    await pages.next();
    expect(requests.map(({ offset }) => offset?.id)).toEqual([undefined, '3']);
    await pages.return(undefined);
    expect(requests).toHaveLength(2);
  });

  it('does not read past the end of the range', async () => {
    const { points, requests } = await filled([1, 2, 3, 4].map((id) => point(id)));
    await collect(readRange(points, read({ end: integer(3) })));
    expect(requests).toHaveLength(1);
  });

  it('does not fail for a page ahead that nobody wants any more', async () => {
    const { points } = await filled([1, 2, 3].map((id) => point(id)));
    let calls = 0;
    const scroll = async (collection: string, request: ScrollRequest) => {
      if (++calls > 1) throw new Error('the page ahead');
      return points.scroll(collection, request);
    };
    const pages = readRange({ scroll }, read());
    await pages.next();
    await pages.return(undefined);
    await expect(collect(readRange({ scroll: async () => Promise.reject(new Error('the first page')) }, read()))).rejects.toThrow('first');
  });
});
