import { specSchema } from '@reembed/contracts';
import { buildMigration, createFakeRecords, createFakeStores } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { migrationMetadata } from '../stages/announce.ts';
import { backfillSpec } from './follow-up-specs.ts';

const vectors = { new: { size: 4, distance: 'Dot' } };
const origin = { model: 'fake/4', dimensions: 4, text: '{{body}}' };

async function collection(metadata: object = {}) {
  const { collections } = createFakeStores();
  await collections.create('docs', { vectors, sparse_vectors: { words: {} }, metadata });
  await collections.pointAlias('current', 'docs');
  return collections;
}

it('takes model and text from what the metadata says of the vector, and finds the collection by its alias', async () => {
  const collections = await collection({ reembed: { vectors: { new: origin } } });
  expect(await backfillSpec(collections, { collection: 'current', vector: 'new' })).toMatchObject({
    source: { collection: 'docs' },
    target: { collection: 'docs', inPlace: true, alias: null },
    vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' }, distance: 'Dot' } },
  });
});

it('takes the whole recipe of the migration that made the collection', async () => {
  const embed = { model: 'fake/4', text: '{{title}}', dimensions: 4, onLongText: 'split-mean' as const };
  const made = buildMigration();
  const collections = await collection({
    reembed: await migrationMetadata(
      { records: createFakeRecords() },
      { ...made, spec: specSchema.parse({ ...made.spec, vectors: { new: { embed } } }) },
    ),
  });
  expect((await backfillSpec(collections, { collection: 'docs', vector: 'new' })).vectors.new?.embed).toMatchObject(embed);
});

it('goes by the request where it names model and text, also for a vector that is not there yet', async () => {
  const request = { collection: 'docs', vector: 'more', model: 'fake/8', text: '{{body}}', dimensions: 8 };
  expect((await backfillSpec(await collection(), request)).vectors.more?.embed).toMatchObject({ model: 'fake/8', dimensions: 8 });
});

it.each([
  [
    'nobody says what makes the vector',
    { vector: 'new', model: 'fake/4' },
    {},
    /"docs" does not say what makes its vector "new": give both model \(fake\/4\) and text \(missing\)/,
  ],
  [
    'the vector is cut from another',
    { vector: 'new' },
    { reembed: { vectors: { new: { ...origin, cutFrom: 8 } } } },
    /does not say what makes/,
  ],
  ['the vector is sparse', { vector: 'words' }, {}, /"words" of "docs" is sparse/],
  ['there is no such collection', { collection: 'nope', vector: 'new' }, {}, /no collection or alias "nope"/],
])('says so where %s', async (_what, request, metadata, message) => {
  await expect(backfillSpec(await collection(metadata), { collection: 'docs', ...request })).rejects.toThrow(message);
});
