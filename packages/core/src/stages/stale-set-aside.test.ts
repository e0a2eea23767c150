import { expect, it } from 'vitest';
import { command } from '../commands/commands.ts';
import type { PointText } from '../domain/point.ts';
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

it.each([
  ['in the source, where it has it not yet', 'docs_v1', (found: readonly PointText[]) => found.slice(0, 0)],
  ['in the target, where it has it still', 'docs_v2', (_: readonly PointText[], refused: PointText) => [refused]],
] as const)('a replica that lags has no point forgotten %s: it stays set aside', async (_, behind, seenThere) => {
  const on = await startFleet({ points: docs(20) });
  await on.submit(buildSpec({ vectors: renewed }));
  await on.settle();
  const refused: PointText = { id: { kind: 'integer', id: '21' }, payload: '{}', vectors: { '': '[1.0,0.0]' } };
  on.stores.put('docs_v1', [refused]);
  const { retrieve } = on.stores.points;
  on.stores.points.retrieve = async (collection, request) => {
    const found = await retrieve(collection, request);
    const isAsked = collection === behind && request.ids.some(({ id }) => id === '21');
    return isAsked && request.majority !== true ? seenThere(found, refused) : found;
  };
  await on.follow();
  expect(await on.state.setAside.count('m1')).toEqual({ open: 1, accepted: 0 });
});
