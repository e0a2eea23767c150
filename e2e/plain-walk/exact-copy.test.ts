import { expect, test } from 'vitest';
import { differences, hashed } from '../support/compare-collections.ts';
import { startFleet } from '../support/fleet.ts';
import { createSource, plainVector, type SourcePoint } from '../support/source-collection.ts';

const payloads: Readonly<Record<string, string>> = {
  // 2^63 + 1, and the ids around 2^53 that doubles would merge.
  '9223372036854775809': '{"text":"past the middle of u64"}',
  '18446744073709551615': '{"text":"the last id"}',
  '9007199254740992': '{"text":"two to the 53"}',
  '9007199254740993': '{"text":"one more"}',
  '0': '{"text":"the first id"}',
  '1': '{"text":"integers","big":9007199254740993,"bigger":12345678901234567890,"negative":-9007199254740993}',
  '2': '{"text":"floats","one":1.0,"huge":1e30,"tiny":1e-7,"half":-0.5,"nested":{"list":[1.0,1,[2.50]]}}',
  '3': '{"text":"unicode","ü":"größe 东京 🚀 \\u0000 \\"quoted\\" \\\\","zwj":"👩‍👩‍👧","rtl":"שלום","keys":{"":"empty key"}}',
  '4': '{"zulu":1,"alpha":2,"text":"keys in their order","mike":{"zulu":1,"alpha":2}}',
  '5': '{"text":"empties","none":null,"object":{},"list":[],"blank":"","flags":[true,false]}',
  '"00000000-0000-0000-0000-000000000001"': '{"text":"the lowest uuid"}',
  '"ffffffff-ffff-ffff-ffff-ffffffffffff"': '{"text":"the highest uuid"}',
};
const points: SourcePoint[] = Object.entries(payloads).map(([id, payload], n) => ({ id, payload, vector: plainVector(n) }));

test('ids past 2^53 and payloads with awkward numbers, keys and unicode arrive equal', async () => {
  await using fleet = await startFleet();
  const { http, api } = fleet;
  const [source, target] = [fleet.name('source'), fleet.name('target')];
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, points);
  const { id } = await api.submit({
    name: 'awkward',
    source: { collection: source },
    target: { collection: target },
    vectors: { '': { keep: '' }, new: { embed: { model: 'hash/64', text: '{{text}}' } } },
    copy: { rangePoints: 3, pagePoints: 2 },
  });
  await api.until(id, 'ready');
  const vectors = { '': { keep: '' }, new: hashed(64, ({ text }) => String(text)) };
  expect(await differences({ http, source, target, vectors })).toEqual([]);
  const arrived = new Map((await http.scroll(target)).map((point) => [point.id, point.payload]));
  expect([...arrived.keys()]).toHaveLength(points.length);
  expect(arrived.get('1')).toContain('"big":9007199254740993,"bigger":12345678901234567890,"negative":-9007199254740993');
  // Qdrant's own spelling of 1e30 and 1e-7.
  expect(arrived.get('2')).toMatch(/"one":1\.0,"huge":1e\+?30,"tiny":1e-0?7,"half":-0\.5/);
  expect(arrived.get('3')).toContain('größe 东京 🚀');
  expect(arrived.get('4')).toMatch(/^\{"zulu":1,"alpha":2,"text"/);
  expect(arrived.has('9223372036854775809') && arrived.has('18446744073709551615')).toBe(true);
});
