import { setTimeout as sleep } from 'node:timers/promises';
import type { SpecInput } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { stubbed } from '../support/compare-collections.ts';
import { nothingLacks, strayed } from '../support/compare-documents.ts';
import { renderedText } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet, stubModel } from '../support/fleet.ts';
import type { QdrantHttp } from '../support/qdrant-http.ts';
import { createSource, plainVector, somePoints } from '../support/source-collection.ts';
import { startWriter } from '../support/writer.ts';

const made = stubbed(stubModel.providerName, stubModel.dimensions, renderedText);

/** An application that has not changed: it asks for the unnamed vector, without a word about which, again and again. */
function startOldReader(http: QdrantHttp, alias: string) {
  let asked = 0;
  let stopped = false;
  const reading = (async () => {
    for (; !stopped; await sleep(20)) {
      const { points } = (await http.call('POST', `/collections/${alias}/points/query`, { query: [1, 2, 3, 4], limit: 5 })) as {
        points: unknown[];
      };
      if (points.length !== 5) throw new Error(`a query found ${points.length} points`);
      asked++;
    }
  })();
  reading.catch(() => undefined);
  return {
    async asked(more: number) {
      const from = asked;
      await eventually(`${more} queries are answered`, () => (asked >= from + more ? true : null));
    },
    async stop() {
      stopped = true;
      await reading;
      return asked;
    },
  };
}

test('an application on the old code keeps writing after the alias has moved: its points are filled in again, its queries work throughout, and the unnamed vector goes last', async () => {
  await using fleet = await startFleet({ workers: 2 });
  const { api, http, name, qdrant } = fleet;
  const [source, target, alias] = [name('source'), name('target'), name('alias')];
  const first = somePoints(400, 'mixed', plainVector);
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, first);
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: source } }] });
  const spec: SpecInput = {
    name: 'two-step',
    source: { collection: source },
    target: { collection: target, alias },
    vectors: { '': { keep: '' }, new: { embed: { model: stubModel.name, text: '{{title}}\n\n{{body}}' } } },
    copy: { rangePoints: 100, pagePoints: 25 },
    sync: { maxDeleteShare: 1, maxPasses: 50 },
  };
  const reader = startOldReader(http, alias);
  const newVectors = () => expect.fail('a collection that keeps the unnamed vector refused a bare array');
  await using writer = startWriter({ http, url: qdrant.url, alias, points: first, seed: 11, newVectors });
  const { id } = await api.submit(spec);
  await api.until(id, 'ready');
  await writer.hold();
  await api.command(id, 'switch');
  const { next, filling } = await api.until(id, 'observing');
  expect(next.includes('Every point has "new"')).toBe(filling?.lacking === 0);
  writer.release();

  // The old code replaces whole points, without the new vector; what lacked it is counted, and filled in.
  await writer.wrote(3);
  const lacking = await eventually('a look finds points without the vector', async () => {
    const view = await api.view(id);
    return (view.filling?.lacking ?? 0) > 0 ? view : null;
  });
  expect(lacking.filling?.vectors).toEqual(['new']);
  expect(lacking.next).toContain('queries stay as they are until that is 0');
  await reader.asked(20);
  await writer.stop();
  await nothingLacks(http, target, 'new');
  const none = await eventually('a look finds no point without the vector', async () => {
    const view = await api.view(id);
    return view.filling?.lacking === 0 ? view : null;
  });
  expect(none.next).toContain('Every point has "new": queries of "" (unnamed) work as before; applications may move to "new" now');
  expect(writer.moved).toBe(false);
  expect(await strayed(http, target, writer, 'new', made)).toEqual([]);
  expect(await reader.stop()).toBeGreaterThan(20);

  // Applications move over: they name the vector they ask.
  const [[anyId, anyDocument] = expect.fail('there are documents')] = [...writer.documents];
  const vector = 'make' in made ? Array.from((await made.make(anyDocument.payload)) ?? []) : [];
  const ask = (collection: string) =>
    http.call('POST', `/collections/${collection}/points/query`, { query: vector, using: 'new', limit: 1 });
  expect(JSON.stringify(await ask(alias))).toContain(`"id":${anyId}`);

  // The server cannot drop the unnamed vector: the refusal carries the migration that leaves it behind.
  const refused = await api.refusedCommand(id, 'complete', { confirm: source, dropVector: '' });
  expect(refused.body).toMatchObject({ code: 'wrong-state' });
  const followUp = JSON.parse(/\{.*\}/.exec(refused.body.message)?.[0] ?? '') as SpecInput;
  await api.command(id, 'complete', { confirm: source });
  await api.until(id, 'completed');
  const before = await http.scroll(target);
  const texts = fleet.stub.log.length;
  // The alias is let go of a moment after the first migration has ended.
  const second = await eventually('the follow-up is taken', () => api.submit(followUp).catch(() => null));
  await api.until(second.id, 'ready');
  await api.command(second.id, 'switch');
  await api.until(second.id, 'observing');
  await api.command(second.id, 'complete', { confirm: target });
  await api.until(second.id, 'completed');
  expect((await http.aliases())[alias]).toBe(followUp.target.collection);
  expect(await http.names()).not.toContain(target);
  expect(JSON.stringify(await ask(alias))).toContain(`"id":${anyId}`);
  const after = await http.scroll(followUp.target.collection);
  expect(after).toEqual(before.map(({ id: point, payload, vectors }) => ({ id: point, payload, vectors: { new: vectors.new } })));
  expect(fleet.stub.log.length).toBe(texts);
});
