import { expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import { setAsideEntry } from '../domain/set-aside.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const renewed = { '': { embed: { model: 'fake/4', text: '{{body}}' } } };

it('what a worker that slept says is missing, after another has made it, is forgotten by the next pass and stops no switch', async () => {
  const points = docs(20);
  const on = await startFleet({ points });
  await on.submit(buildSpec({ vectors: renewed }));
  await on.settle();
  await on.state.setAside.put(
    'm1',
    points.slice(3, 5).map((point) => setAsideEntry(point, '', 'provider-refused-input', 'said by a worker that slept')),
  );
  await on.follow();
  expect(await on.state.setAside.count('m1')).toEqual({ open: 0, accepted: 0 });
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  expect((await on.load()).phase).toBe('observing');
});

it('in place it is forgotten where that very vector is there, and stays where it is not', async () => {
  const points = docs(6);
  const on = await startFleet({ points });
  const named = { new: { embed: { model: 'fake/4', text: '{{body}}' } } };
  await on.submit(buildSpec({ target: { collection: 'docs_v1', alias: null, inPlace: true }, vectors: named }));
  await on.settle();
  const [first, second] = points;
  if (first === undefined || second === undefined) throw new Error('no points');
  await on.stores.points.removeVector('docs_v1', [second.id], 'new');
  await on.state.setAside.put('m1', [
    setAsideEntry(first, 'new', 'x', 'stale'),
    setAsideEntry({ ...second, vectors: {} }, 'new', 'x', 'true'),
  ]);
  await on.follow();
  expect(await on.state.setAside.count('m1')).toEqual({ open: 1, accepted: 0 });
});
