import { expect, it } from 'vitest';
import { command, settleLateWrites } from '../commands/commands.ts';
import { buildSpec, docs, startFleet } from './fleet.fixture.ts';

const renewed = buildSpec({ vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } });

async function ready() {
  const on = await startFleet({ points: docs(20) });
  await on.submit(renewed);
  await on.settle();
  return on;
}

type On = Awaited<ReturnType<typeof ready>>;

/** What was done from here on: acts on collections, and each kind of pass when it begins to read the source. */
function follow(on: On): string[] {
  const done: string[] = [];
  const { scroll, retrieve } = on.stores.points;
  const { flush, pointAlias } = on.stores.collections;
  on.stores.points.scroll = async (collection, request) => {
    const kind = (await on.load()).pass?.kind;
    const line = `${kind} reads ${collection}${request.majority ? ' at a majority' : ''}`;
    if (done.at(-1) !== line) done.push(line);
    return scroll(collection, request);
  };
  on.stores.points.retrieve = async (collection, request) => {
    done.push(`${(await on.load()).pass?.kind} looks up in ${collection}${request.majority ? ' at a majority' : ''}`);
    return retrieve(collection, request);
  };
  on.stores.collections.flush = async (name) => {
    done.push(`flush ${name}`);
    return flush(name);
  };
  on.stores.collections.pointAlias = async (alias, collection) => {
    done.push(`alias ${alias}`);
    return pointAlias(alias, collection);
  };
  return done;
}

it('writes that were accepted without waiting are in before the last comparison, and before the look back', async () => {
  const on = await ready();
  const done = follow(on);
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  const moved = done.indexOf('alias docs');
  const compared = done.findIndex((line) => line.startsWith('verify reads docs_v1'));
  const lookedBack = done.findIndex((line) => line.startsWith('look-back reads docs_v1'));
  expect(done.slice(0, compared)).toContain('flush docs_v1');
  expect(compared).toBeLessThan(moved);
  expect(done.slice(moved, lookedBack)).toContain('flush docs_v1');
});

it('a rollback has them in before it counts, and before it looks back', async () => {
  const on = await ready();
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  const done = follow(on);
  await command(on.deps, 'm1', 'rollback');
  await on.settle();
  const moved = done.indexOf('alias docs');
  const reads = done.flatMap((line, at) => (line.startsWith('verify reads docs_v2') ? [at] : []));
  expect(done.slice(0, reads[0])).toContain('flush docs_v2');
  expect(done.slice(moved, reads.at(-1))).toContain('flush docs_v2');
});

const late = { kind: 'integer', id: '21' } as const;

it('what an act goes by is read at a majority of replicas, on both sides', async () => {
  const on = await ready();
  const done = follow(on);
  await command(on.deps, 'm1', 'switch');
  await on.settle();
  on.stores.put('docs_v1', docs(21).slice(20));
  await on.state.migrations.update('m1', (now) => ({ ...now, lateWrites: [{ kind: 'missing', count: 1, ids: [late] }] }));
  await on.deps.lateWrites.put('m1', [{ kind: 'missing', id: late }]);
  await settleLateWrites(on.deps, 'm1', 'insert-missing');
  await on.settle();
  await command(on.deps, 'm1', 'rollback', { loseWrites: 1 });
  await on.settle();
  const reads = done.filter((line) => / reads /.test(line));
  expect(reads).toContain('verify reads docs_v2 at a majority');
  expect(reads).toContain('look-back reads docs_v1 at a majority');
  expect(done).toContain('insert-late looks up in docs_v1 at a majority');
  expect(done).toContain('insert-late looks up in docs_v2 at a majority');
  expect(done.filter((line) => line.startsWith('insert-late looks up') && !line.endsWith(' at a majority'))).toEqual([]);
  expect(reads.filter((line) => !line.endsWith(' at a majority'))).toEqual([]);
});
