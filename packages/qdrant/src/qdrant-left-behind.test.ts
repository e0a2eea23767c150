import { recordsCollection } from '@reembed/contracts';
import { buildRecord, startTestQdrant } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createQdrantCollections } from './qdrant-collections.ts';
import { createQdrantLateWrites } from './qdrant-late-writes.ts';
import { createQdrantPoints } from './qdrant-points.ts';
import { createQdrantRecords } from './qdrant-records.ts';

it('a Qdrant of somebody is left as it was found, but for what others have there', async () => {
  await using somebodys = await startTestQdrant({});
  const address = { url: somebodys.url, requestTimeoutMs: 30_000 };
  const [collections, points] = [createQdrantCollections(address), createQdrantPoints({ ...address, connections: 1 })];
  const [records, lateWrites] = [createQdrantRecords({ collections, points }), createQdrantLateWrites({ collections, points })];
  const keep = async (id: string, target: string) => {
    await records.keep(buildRecord({ id, target }));
    await lateWrites.put(id, [{ kind: 'missing', id: { kind: 'integer', id: '1' } }]);
  };
  const everything = async () => {
    const { result } = (await (await fetch(`${somebodys.url}/collections`)).json()) as { result: { collections: { name: string }[] } };
    return [
      result.collections.map(({ name }) => name).sort(),
      [...(await collections.aliases())],
      (await records.list()).map(({ view }) => view.id),
    ];
  };

  const alone = await startTestQdrant(undefined, somebodys.url);
  await keep('m-1', alone.collectionName('gone'));
  await alone[Symbol.asyncDispose]();
  expect(await everything()).toEqual([[], [], []]);

  await keep('m-theirs', 'theirs');
  const before = await everything();
  const qdrant = await startTestQdrant(undefined, `${somebodys.url}/`);
  const target = qdrant.collectionName('docs');
  await collections.create(target, { vectors: {}, metadata: { reembed: { id: 'm-2' } } });
  await collections.pointAlias(qdrant.collectionName('alias'), target);
  await keep('m-2', target);
  await qdrant[Symbol.asyncDispose]();
  expect(await everything()).toEqual(before);
  expect(before[0]).toContain(recordsCollection);
});
