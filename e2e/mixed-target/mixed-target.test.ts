import type { SpecInput } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { differences, type Expected, hashed } from '../support/compare-collections.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import type { StoredPoint } from '../support/qdrant-http.ts';
import { createSource, documentOf, putPoints, type SourcePoint, somePoints } from '../support/source-collection.ts';

type Payload = Record<string, unknown>;
const text = '{{title}}. {{body}}';
const rendered = ({ title, body }: Payload) => `${title}. ${body}`;
const avgLen = 12;

const source = {
  vectors: {
    '': { size: 4, distance: 'Cosine' },
    wide: { size: 8, distance: 'Dot' },
    small: { size: 4, distance: 'Dot', datatype: 'uint8' },
    colbert: { size: 3, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } },
  },
  sparse_vectors: { words: {} },
};

const vectors: SpecInput['vectors'] = {
  '': { keep: '' },
  half: { keep: 'wide', settings: { datatype: 'float16' } },
  bytes: { keep: 'small' },
  colbert: { keep: 'colbert' },
  words: { keep: 'words' },
  cut: { truncate: { vector: 'wide', dimensions: 3, force: true } },
  new: { embed: { model: 'hash/64', text } },
  here: { bm25: { text, avgLen } },
  there: { bm25: { text, avgLen, encoder: 'server' } },
};

/** Whole and broken numbers, two rows and three, and every seventh point without some of its vectors. */
function vectorsOf(n: number): string {
  const rows = Array.from({ length: 2 + (n % 2) }, (_, row) => [n % 5, 1 + row, 0.25]);
  const some = n % 7 === 0 ? {} : { wide: Array.from({ length: 8 }, (_, at) => ((n * (at + 3)) % 17) / 7 + 0.1), colbert: rows };
  const sparse = `{"indices":[${n % 50},${50 + (n % 1000)}],"values":[0.5,${1 + (n % 4)}]}`;
  return `${JSON.stringify({ '': [n % 3, 1, n % 4, 0.5], small: [n % 256, 1, 2, 255], ...some }).slice(0, -1)},"words":${sparse}}`;
}

/** What the server's own BM25 makes of a text, asked for in a collection apart. */
async function encodedByServer({ http, name }: Fleet): Promise<Expected> {
  const collection = name('bm25');
  await http.call('PUT', `/collections/${collection}`, { vectors: {}, sparse_vectors: { words: { modifier: 'idf' } } });
  const known = new Map<string, readonly number[]>();
  return {
    async make(payload) {
      const before = known.get(rendered(payload));
      if (before !== undefined) return before;
      const words = { text: rendered(payload), model: 'qdrant/bm25', options: { avg_len: avgLen } };
      await http.call('PUT', `/collections/${collection}/points?wait=true`, { points: [{ id: 1, vector: { words } }] });
      const [encoded] = await http.scroll(collection);
      if (encoded?.vectors.words !== undefined) known.set(rendered(payload), encoded.vectors.words);
      return encoded?.vectors.words ?? null;
    },
  };
}

function cutOf({ vectors: { wide } }: StoredPoint): number[] | null {
  if (wide === undefined) return null;
  const kept = wide.slice(0, 3);
  return kept.map((value) => value / Math.hypot(...kept));
}

async function expectations(fleet: Fleet): Promise<Record<string, Expected>> {
  const encoded = await encodedByServer(fleet);
  return {
    '': { keep: '' },
    half: { derive: ({ vectors: { wide } }) => wide?.map(Math.f16round) ?? null },
    bytes: { keep: 'small' },
    colbert: { keep: 'colbert' },
    words: { keep: 'words' },
    cut: { derive: cutOf },
    new: hashed(64, rendered),
    here: encoded,
    there: encoded,
  };
}

function edited(n: number, point: { readonly payload?: object; readonly vector?: string }): SourcePoint {
  return { id: String(n), payload: JSON.stringify({ n, ...documentOf(n), ...point.payload }), vector: point.vector ?? vectorsOf(n) };
}

test('keep, embed, bm25 and truncate in one target, killed midway, then edited: every vector is what its recipe says', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http } = fleet;
  const [from, target] = [fleet.name('source'), fleet.name('target')];
  await createSource(http, from, source, somePoints(400, 'integers', vectorsOf));
  const { id } = await api.submit({
    name: target,
    source: { collection: from },
    target: { collection: target },
    vectors,
    copy: { rangePoints: 50, pagePoints: 20 },
    sync: { maxDeleteShare: 1 },
  });
  for (const at of ['before', 'after'] as const) {
    const worker = await fleet.startWorker({ at, act: 'points.insertOnly', nth: 4, how: 'kill' });
    await worker.hit();
    expect(await worker.exited()).toBe('SIGKILL');
  }
  expect(await http.count(target)).toBeLessThan(400);
  await fleet.startWorker();
  const { verification } = await api.until(id, 'ready');
  expect(verification).toMatchObject({ sourcePoints: 400, targetPoints: 400, findings: [] });
  const all = { http, source: from, target, vectors: await expectations(fleet) };
  expect(await differences(all)).toEqual([]);

  await putPoints(http, from, [
    edited(3, { payload: { title: 'Another title' } }),
    edited(4, { payload: { stars: 5 } }),
    edited(5, { vector: vectorsOf(6) }),
    edited(8, { vector: vectorsOf(14) }),
    edited(14, { vector: vectorsOf(8) }),
    edited(900, {}),
  ]);
  await http.call('POST', `/collections/${from}/points/delete?wait=true`, { points: [9] });
  await eventually('the edits in the target', async () => ((await differences(all)).length === 0 ? true : null));
});
