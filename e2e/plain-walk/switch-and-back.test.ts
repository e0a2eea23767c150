import { expect, test } from 'vitest';
import { differences, hashed } from '../support/compare-collections.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { createSource, putPoints, somePoints } from '../support/source-collection.ts';

const text = '{{title}} {{body}}';
const vectors = { '': { embed: { model: 'hash/64', text } } };
const expected = { '': hashed(64, ({ title, body }) => `${title} ${body}`) };

/** A migration whose alias has been switched, from a source that readers reached by that alias. */
async function switched({ http, api, name }: Fleet) {
  const [source, target, alias] = [name('source'), name('target'), name('alias')];
  name(`${alias}.next`);
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, somePoints(500));
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: source } }] });
  const { id } = await api.submit({ name: alias, source: { collection: alias }, target: { collection: target, alias }, vectors });
  const ready = await api.until(id, 'ready');
  expect(await http.aliases()).toMatchObject({ [alias]: source, [`${alias}.next`]: target });
  expect(ready.queryChange.join(' ')).toContain('hash/64 with 64 dimensions');
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  expect(await http.aliases()).toMatchObject({ [alias]: target });
  expect(await differences({ http, source, target, vectors: expected })).toEqual([]);
  return { id, source, target, alias };
}

test('the switch moves the alias and leaves no other alias behind; a rollback that loses nothing takes it back', async () => {
  await using fleet = await startFleet();
  const { http, api } = fleet;
  const { id, source, target, alias } = await switched(fleet);
  const ours = Object.entries(await http.aliases()).filter(([, collection]) => collection === target || collection === source);
  expect(ours).toEqual([[alias, target]]);
  expect(await api.phases(id)).toEqual(['preparing', 'copying', 'indexing', 'verifying', 'ready', 'switching', 'observing']);
  await api.command(id, 'rollback');
  await api.until(id, 'rolled-back');
  expect((await http.aliases())[alias]).toBe(source);
  expect(await http.count(target)).toBe(500);
});

test('a rollback that would lose writes lists them, and wants their number', async () => {
  await using fleet = await startFleet();
  const { http, api } = fleet;
  const { id, source, target, alias } = await switched(fleet);
  await putPoints(http, alias, [{ id: '9223372036854775809', payload: '{"title":"new"}', vector: JSON.stringify(Array(64).fill(0.125)) }]);
  await api.command(id, 'rollback');
  const refused = await api.until(id, 'observing');
  expect(refused.rollback).toEqual({
    writes: 1,
    findings: [{ kind: 'extra', count: 1, ids: [{ kind: 'integer', id: '9223372036854775809' }] }],
  });
  expect((await http.aliases())[alias]).toBe(target);
  await api.command(id, 'rollback', { loseWrites: 1 });
  await api.until(id, 'rolled-back');
  expect((await http.aliases())[alias]).toBe(source);
  expect(await http.count(target)).toBe(501);
});

test('complete deletes the old collection, and only on its name', async () => {
  await using fleet = await startFleet();
  const { http, api } = fleet;
  const { id, source, target, alias } = await switched(fleet);
  const { status, body } = await api.refusedCommand(id, 'complete', { confirm: target });
  expect({ status, code: body.code }).toEqual({ status: 409, code: 'confirmation-needed' });
  expect(body.message).toContain(source);
  expect(await http.status('GET', `/collections/${source}`)).toBe(200);
  await api.command(id, 'complete', { confirm: source });
  await api.until(id, 'completed');
  expect(await http.status('GET', `/collections/${source}`)).toBe(404);
  expect((await http.aliases())[alias]).toBe(target);
  expect(await http.count(target)).toBe(500);
});

test('complete refuses while another alias points at the old collection', async () => {
  await using fleet = await startFleet();
  const { http, api } = fleet;
  const { id, source } = await switched(fleet);
  const straggler = fleet.name('straggler');
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: straggler, collection_name: source } }] });
  const { status, body } = await api.refusedCommand(id, 'complete', { confirm: source });
  expect({ status, code: body.code }).toEqual({ status: 409, code: 'wrong-state' });
  expect(body.message).toContain(straggler);
  expect(await http.count(source)).toBe(500);
});
