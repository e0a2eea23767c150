import type { SpecInput } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { stubbed } from '../support/compare-collections.ts';
import { nothingLacks, strayed } from '../support/compare-documents.ts';
import { renderedText } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet, stubModel } from '../support/fleet.ts';
import { startOwnQdrant } from '../support/own-qdrant.ts';
import { createSource, plainVector, somePoints } from '../support/source-collection.ts';
import { startWriter, type Writer } from '../support/writer.ts';

const points = 800;
const made = stubbed(stubModel.providerName, stubModel.dimensions, renderedText);
const text = '{{title}}\n\n{{body}}';

/** A collection behind an alias, and the spec that adds a vector to it. */
async function scene({ http, name }: Fleet, count = points) {
  const [collection, alias] = [name('docs'), name('alias')];
  const first = somePoints(count, 'mixed', plainVector);
  await createSource(http, collection, { vectors: { size: 4, distance: 'Dot' } }, first);
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: collection } }] });
  const spec: SpecInput = {
    name: 'in-place',
    source: { collection },
    target: { collection, inPlace: true },
    vectors: { new: { embed: { model: stubModel.name, text } } },
    copy: { rangePoints: 100, pagePoints: 25 },
  };
  return { collection, alias, first, spec };
}

test('a collection that is written to all the while is filled in place: a worker and two coordinators die, connections break, and every point ends with the vector of its text', async () => {
  await using qdrant = await startOwnQdrant();
  await using fleet = await startFleet({ qdrant, coordinators: 0, workers: 0, stub: { latencyMs: 100 } });
  const { api, http } = fleet;
  const { collection, alias, first, spec } = await scene(fleet);
  await using writer: Writer = startWriter({
    http,
    url: qdrant.url,
    alias,
    points: first,
    seed: 7,
    newVectors: () => expect.fail('nothing is switched'),
  });
  const { faults } = qdrant.local;
  const updates = { method: 'PUT', path: /\/points\/vectors$/ };
  faults.add({ match: updates, effect: 'drop-after', skip: 4, times: 2 });
  faults.add({ match: updates, effect: 'drop-before', skip: 9, times: 2 });
  const doomedWorker = await fleet.startWorker({ at: 'after', act: 'points.updateVectors', nth: 2, how: 'kill' });
  const firstCoordinator = await fleet.startCoordinator({ at: 'after', act: 'collections.addVector', how: 'kill' });
  const { id } = await api.submit(spec);
  // The vector is there, and nobody has been told.
  expect(await firstCoordinator.hit()).toContain('"new"');
  expect(await firstCoordinator.exited()).toBe('SIGKILL');
  const secondCoordinator = await fleet.startCoordinator({
    at: 'before',
    act: 'collections.patch',
    args: '"phase":"indexing"',
    how: 'kill',
  });
  // A page is written, its texts are not looked at again, and no checkpoint tells of it.
  expect(await doomedWorker.hit()).toContain(`reembed.${id}.1`);
  expect(await doomedWorker.exited()).toBe('SIGKILL');
  await fleet.startWorker();
  await writer.wrote(2);
  await secondCoordinator.hit();
  await fleet.startCoordinator();
  const { verification } = await api.until(id, 'ready');
  expect(verification?.findings.every(({ kind }) => kind === 'vector-missing')).toBe(true);
  expect(faults.list()).toEqual([]);
  // It goes on following the application until it is completed.
  await writer.wrote(3);
  await writer.stop();
  await nothingLacks(http, collection, 'new');
  const advised = await eventually('a look finds nothing lacking', async () => {
    const view = await api.view(id);
    return view.filling?.lacking === 0 ? view : null;
  });
  expect(advised.next).toContain('Every point has "new"');
  await api.command(id, 'complete');
  await api.until(id, 'completed');
  expect(await strayed(http, collection, writer, 'new', made)).toEqual([]);
  expect(Object.entries(await http.aliases()).filter(([, to]) => to === collection)).toEqual([[alias, collection]]);
});

/** Runs the code that the migration's view prints, against points of which some are filled. */
async function asksOverTheBridge({ api, http }: Fleet, id: string): Promise<void> {
  const [oldQuery, newQuery] = [[0.3, -0.2, 0.9, 0.1], Array.from({ length: stubModel.dimensions }, (_, at) => Math.sin(at))];
  const { bridge } = await api.view(id);
  const code = bridge?.code?.typescript ?? expect.fail('there is no code');
  const search = code.slice(code.indexOf('const before ='));
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
    ...words: string[]
  ) => (...given: unknown[]) => Promise<{ id: string | number }[]>;
  type Reply = { readonly points: readonly { readonly id: string | number }[] };
  const replies: Reply[] = [];
  // Pages are filled meanwhile: what is found has to follow from what this one request was answered.
  const client = {
    async queryBatch(name: string, body: object) {
      replies.push(...((await http.call('POST', `/collections/${name}/points/query/batch`, body)) as Reply[]));
      return replies;
    },
  };
  const found = await new AsyncFunction('client', 'asToday', 'vector', `${search}\nreturn points;`)(client, () => oldQuery, newQuery);
  const [old = [], fresh = []] = replies.map(({ points: hits }) => hits.map((hit) => String(hit.id)));
  expect(old).toHaveLength(200);
  expect(fresh.length).toBeLessThan(old.length);
  const shown = found.map((hit) => String(hit.id));
  expect(shown).toHaveLength(10);
  const filled = shown.filter((one) => fresh.includes(one));
  expect(filled).toEqual(fresh.slice(0, filled.length));
  expect(shown.map((one) => !fresh.includes(one) && one)).toEqual(old.slice(0, 10).map((one) => !fresh.includes(one) && one));
}

test('a text that is edited while its page is being filled is embedded again, and the point deleted beside it stays deleted', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http } = fleet;
  const { collection, spec } = await scene(fleet, 200);
  // The first page of numbers, of which the odd ones are ids; others may be filled before.
  const worker = await fleet.startWorker({ at: 'before', act: 'points.updateVectors', args: '"kind":"integer","id":"1"', how: 'hold' });
  const { id } = await api.submit(spec);
  await worker.hit();
  await asksOverTheBridge(fleet, id);
  const [edited, deleted] = [1, 3];
  await http.call('POST', `/collections/${collection}/points/payload?wait=true`, { points: [edited], payload: { title: 'edited' } });
  await http.call('POST', `/collections/${collection}/points/delete?wait=true`, { points: [deleted] });
  worker.release();
  await api.until(id, 'ready');
  const stored = await http.scroll(collection);
  expect(stored.map((point) => point.id)).not.toContain(String(deleted));
  expect(stored).toHaveLength(199);
  for (const { payload, vectors } of stored) {
    const wanted = 'make' in made ? await made.make(JSON.parse(payload)) : null;
    expect(vectors.new).toEqual(Array.from(wanted ?? [], (value) => expect.closeTo(value, 5)));
  }
});

test('a worker that slept through a cancel which took the vector away changes nothing when it wakes', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http } = fleet;
  const { collection, spec } = await scene(fleet, 200);
  const before = await http.scroll(collection);
  const zombie = await fleet.startWorker({ at: 'before', act: 'points.updateVectors', nth: 2, how: 'stop' });
  const { id } = await api.submit(spec);
  await zombie.hit();
  expect((await api.refusedCommand(id, 'cancel', { dropVectors: [''] })).body.message).toContain('it added "new"');
  await api.command(id, 'cancel', { dropVectors: ['new'] });
  expect((await api.until(id, 'cancelled')).next).toContain('nothing that was added remains');
  // Somebody uses the name again.
  await http.call('PUT', `/collections/${collection}/vectors/new?wait=true`, { dense: { size: stubModel.dimensions, distance: 'Cosine' } });
  zombie.signal('SIGCONT');
  expect(await zombie.ended()).toMatch(/qdrant-not-found/);
  expect(await http.scroll(collection)).toEqual(before);
});
