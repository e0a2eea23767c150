import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSpec } from '../load-spec.ts';
import { readQueryFiles } from './read-query-files.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reembed-queries-'));
  await writeFile(join(folder, 'queries.jsonl'), '{"_id": "q1", "text": "a wing"}\n{"_id": "q2", "text": "a slab"}\n');
  await writeFile(join(folder, 'qrels.tsv'), 'query-id\tcorpus-id\tscore\nq1\td7\t1\n');
});
afterAll(() => rm(folder, { recursive: true }));

async function specNaming(gates: unknown): Promise<string> {
  const file = join(folder, 'spec.json');
  const spec = { name: 'a', source: { collection: 'old' }, target: { collection: 'new' }, vectors: { '': { keep: '' } }, gates };
  await writeFile(file, JSON.stringify(spec));
  return file;
}

test('the contents of the files stand in place of their names, which are relative to the spec', async () => {
  const gates = { minNdcgDelta: 0, queries: 'queries.jsonl', qrels: './qrels.tsv' };
  const { spec } = await readQueryFiles({ name: 'a', gates }, folder);
  expect(spec).toEqual({
    name: 'a',
    gates: {
      minNdcgDelta: 0,
      queries: [
        { id: 'q1', text: 'a wing' },
        { id: 'q2', text: 'a slab' },
      ],
      qrels: [{ query: 'q1', document: 'd7', relevance: 1 }],
    },
  });
});

test.each([[{ name: 'a' }], [{ gates: { queries: [{ id: 'q', text: 'here' }] } }], [null], ['no spec']])(
  'a spec that names no file is left as it is: %j',
  async (spec) => {
    expect((await readQueryFiles(spec, folder)).spec).toBe(spec);
  },
);

test('a file that does not exist is named with its path and field', async () => {
  await expect(readQueryFiles({ gates: { qrels: 'no.tsv' } }, folder)).rejects.toMatchObject({
    code: 'invalid-spec',
    message: `gates.qrels: ${join(folder, 'no.tsv')} does not exist: name a file relative to the spec, or write the list itself`,
  });
});

test('a fault between the lists is named by file and line', async () => {
  await writeFile(join(folder, 'wrong.tsv'), 'query-id\tcorpus-id\tscore\nq1\td7\t1\n\nq9\td7\t1\n');
  await writeFile(join(folder, 'twice.csv'), 'id,text\nq1,a\nq1,b\n');
  await expect(loadSpec(await specNaming({ queries: 'queries.jsonl', qrels: 'wrong.tsv' }))).rejects.toMatchObject({
    code: 'invalid-spec',
    message: expect.stringContaining('spec.json: the spec is not valid: wrong.tsv:4 query ("q9"): is no id in gates.queries'),
    issues: [{ field: 'wrong.tsv:4 query', value: 'q9' }],
  });
  await expect(loadSpec(await specNaming({ queries: 'twice.csv' }))).rejects.toMatchObject({
    issues: [{ field: 'twice.csv:3 id', value: 'q1', message: expect.stringMatching(/is there twice/) }],
  });
});

test('judgements of which none is relevant are named by their file, without all of them', async () => {
  await writeFile(join(folder, 'none.trec'), Array.from({ length: 30 }, (_, at) => `q1 0 d${at} 0`).join('\n'));
  await expect(loadSpec(await specNaming({ queries: 'queries.jsonl', qrels: 'none.trec' }))).rejects.toMatchObject({
    issues: [{ field: 'gates.qrels (none.trec)', value: 'a list of 30', message: expect.stringMatching(/judge no document relevant/) }],
  });
});
