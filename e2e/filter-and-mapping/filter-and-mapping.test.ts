import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { SpecInput } from '@reembed/contracts';
import { stubVector } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { renderedText } from '../support/document-migration.ts';
import { type Fleet, startFleet, stubModel } from '../support/fleet.ts';
import type { StoredPoint } from '../support/qdrant-http.ts';
import { createSource, plainVector, somePoints } from '../support/source-collection.ts';
import { startWriter } from '../support/writer.ts';

const points = 1_500;
/** Of what the application writes, early edits of a payload stop matching, and later ones match again. */
const filter = { must: [{ key: 'n', range: { gte: 51 } }], must_not: [{ key: 'seen', range: { gte: 1, lt: 60 } }] };
type Payload = { n: number; title: string; body: string; seen?: number };
const migrates = ({ n, seen = 0 }: Payload) => n >= 51 && !(seen >= 1 && seen < 60);

test('points that match a filter, with mapped payloads and hashed texts, under a writer and kills: equal in the end', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http, name, qdrant } = fleet;
  const [source, target, alias] = [name('source'), name('target'), name('alias')];
  name(`${alias}.next`);
  const first = somePoints(points, 'mixed', plainVector);
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, first);
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: source } }] });
  const index = (field: string, field_schema: unknown) =>
    http.call('PUT', `/collections/${source}/index?wait=true`, { field_name: field, field_schema });
  await index('title', { type: 'keyword', is_tenant: true });
  await index('body', 'text');
  const spec: SpecInput = {
    name: alias,
    source: { collection: source, filter },
    target: { collection: target, alias, payload: { include: ['n', 'title', 'seen'], rename: { title: 'heading' } } },
    vectors: { '': { keep: '' }, new: { embed: { model: stubModel.name, text: '{{title}}\n\n{{body}}' } } },
    copy: { rangePoints: 100, pagePoints: 25 },
    sync: { maxDeleteShare: 1, maxPasses: 50, hashField: 'text_sha256' },
  };
  await using writer = startWriter({ http, url: qdrant.url, alias, points: first, seed: 7, newVectors: () => '{}' });

  const { id } = await api.submit(spec);
  const copying = await fleet.startWorker({ at: 'after', act: 'points.insertOnly', nth: 9, how: 'kill' });
  await copying.hit();
  const syncing = await fleet.startWorker({ at: 'before', act: 'points.updateOnly', nth: 2, how: 'kill' });
  await syncing.hit();
  await fleet.startWorker();
  await api.until(id, 'ready');
  await writer.wrote(8);
  await writer.stop();
  await api.command(id, 'switch');
  const { verification } = await api.until(id, 'observing');

  expect(await differences(fleet, source, target)).toEqual([]);
  expect(verification?.findings).toEqual([]);
  const { payload_schema } = (await http.call('GET', `/collections/${target}`)) as { payload_schema: Record<string, unknown> };
  expect(payload_schema).toEqual({
    heading: expect.objectContaining({ data_type: 'keyword', params: expect.objectContaining({ is_tenant: true }) }),
  });
});

/** Everything in which the target is not what filter, mapping, hash and model make of the source, by rules of the test's own. */
async function differences({ http }: Fleet, source: string, target: string): Promise<string[]> {
  const stored = new Map((await http.scroll(target)).map((point) => [point.id, point]));
  const found: string[] = [];
  for (const point of await http.scroll(source)) {
    const copy = stored.get(point.id);
    stored.delete(point.id);
    const payload = JSON.parse(point.payload) as Payload;
    if (!migrates(payload)) found.push(...(copy === undefined ? [] : [`${point.id} does not match and is there`]));
    else if (copy === undefined) found.push(`${point.id} is missing`);
    else if (!isRight(point, payload, copy)) found.push(`${point.id}: ${copy.payload} of ${point.payload}`);
  }
  return [...found, ...[...stored.keys()].map((id) => `${id} is not in the source`)];
}

function isRight({ vectors }: StoredPoint, payload: Payload, copy: StoredPoint): boolean {
  const { n, title, seen } = payload;
  const text = renderedText(payload);
  const text_sha256 = createHash('sha256').update(text).digest('hex');
  const wanted = { n, heading: title, ...(seen === undefined ? {} : { seen }), text_sha256 };
  const made = stubVector(stubModel.providerName, '', text, stubModel.dimensions);
  const near = Array.from(made).every((value, at) => Math.abs(value - (copy.vectors.new?.[at] ?? Number.NaN)) < 1e-6);
  return isDeepStrictEqual(JSON.parse(copy.payload), wanted) && isDeepStrictEqual(copy.vectors[''], vectors['']) && near;
}
