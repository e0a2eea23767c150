import { specSchema } from '@reembed/contracts';
import { createFakeStores } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { twoStepSpec } from './follow-up-specs.ts';

const request = { source: 'docs', vector: 'new', model: 'fake/4', text: '{{body}}' };

async function collections(...aliases: readonly string[]) {
  const { collections: found } = createFakeStores();
  await found.create('docs_v7', { vectors: { '': { size: 2, distance: 'Dot' } }, sparse_vectors: { words: {} } });
  for (const alias of aliases) await found.pointAlias(alias, 'docs_v7');
  return found;
}

it.each(['docs', 'docs_v7'])('keeps every vector of the source, adds one, and moves the alias (%s)', async (source) => {
  const spec = await twoStepSpec(await collections('docs'), { ...request, source });
  expect(specSchema.parse(spec)).toMatchObject({
    source: { collection: 'docs_v7' },
    target: { collection: 'docs_v8', alias: 'docs' },
    vectors: { '': { keep: '' }, words: { keep: 'words' }, new: { embed: { model: 'fake/4', text: '{{body}}' } } },
    search: { new: { using: 'new' } },
  });
});

it.each([
  ['no alias points at the source', [], { source: 'docs_v7' }, /reembed alias create docs_v7_live docs_v7/],
  ['several do', ['docs', 'other'], { source: 'docs_v7' }, /several aliases point at "docs_v7" \(docs, other\)/],
  ['the vector is there', ['docs'], { vector: 'words' }, /has a vector "words" already/],
  ['the source is not', ['docs'], { source: 'nope' }, /no collection or alias "nope"/],
] as const)('says so where %s', async (_what, aliases, change, message) => {
  await expect(twoStepSpec(await collections(...aliases), { ...request, ...change })).rejects.toThrow(message);
});
