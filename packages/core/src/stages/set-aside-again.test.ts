import { describe, expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import type { PointText } from '../domain/point.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const cut = buildSpec({ vectors: { '': { keep: '' }, small: { truncate: { vector: '', dimensions: 2, force: true } } } });
const zeros = '[0.0,0.0,1.0,0.0]';
const withOneZero = docs(5).map((point, at) => ({ ...point, vectors: { '': at === 2 ? zeros : '[1.0,0.0,0.0,0.0]' } }));
const third = (vector: string): PointText => ({ id: { kind: 'integer', id: '3' }, payload: '{"body":"text 3"}', vectors: { '': vector } });
const ids = (points: readonly PointText[]) => points.map(({ id }) => id.id);

async function withThirdSetAside() {
  const on = await startFleet({ points: withOneZero, size: 4 });
  await on.submit(cut);
  await on.settle();
  expect(ids(on.stores.pointsOf('docs_v2'))).toEqual(['1', '2', '4', '5']);
  return on;
}

describe('what was set aside is tried again when what it failed on changes:', () => {
  it('the vector it is made from', async () => {
    const on = await withThirdSetAside();
    on.stores.put('docs_v1', [third('[0.5,0.5,1.0,0.0]')]);
    await on.follow();
    await on.follow();
    expect(await on.state.setAside.count('m1')).toEqual({ open: 0, accepted: 0 });
    expect(ids(on.stores.pointsOf('docs_v2'))).toEqual(['1', '2', '3', '4', '5']);
  });

  it('also where it was accepted to be missing', async () => {
    const on = await withThirdSetAside();
    await on.state.setAside.accept('m1', { all: true });
    on.stores.put('docs_v1', [third('[0.5,0.5,1.0,0.0]')]);
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain('3');
  });

  it('the text elsewhere', async () => {
    const texts = Object.fromEntries(['1', '2', '4', '5'].map((id) => [id, { text: `text ${id}` }]));
    const on = await startFleet({ points: docs(5), texts });
    const source = { collection: 'docs_v1', textFrom: { url: 'http://texts.example/by-id' } };
    await on.submit(buildSpec({ source, vectors: { '': { embed: { model: 'fake/4', text: '{{text}}' } } } }));
    await on.settle();
    expect(await on.state.setAside.count('m1')).toEqual({ open: 1, accepted: 0 });
    on.textSources.texts.set('3', { text: 'here now' });
    await on.follow();
    await on.follow();
    expect(await on.state.setAside.count('m1')).toEqual({ open: 0, accepted: 0 });
    expect(ids(on.stores.pointsOf('docs_v2'))).toContain('3');
  });

  it('and not where it reads as it did: nothing is asked or paid again', async () => {
    const on = await startFleet({
      points: [...docs(4), { ...third('[1.0,0.0]'), id: { kind: 'integer', id: '9' }, payload: '{"body":"REFUSED"}' }],
    });
    await on.submit(buildSpec({ target: { collection: 'docs_v2', alias: 'docs', payload: { rename: { body: 'text' } } } }));
    await on.settle();
    const { texts } = await on.state.ranges.spent('m1');
    await on.follow();
    await on.follow();
    expect((await on.state.ranges.spent('m1')).texts).toBe(texts);
    expect(await on.state.setAside.count('m1')).toEqual({ open: 1, accepted: 0 });
  });
});
