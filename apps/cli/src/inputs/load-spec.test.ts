import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadReembedConfig } from '@reembed/embedders';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSpec } from './load-spec.ts';

const spec = { name: 'a', source: { collection: 'old' }, target: { collection: 'new' }, vectors: { '': { keep: '' } } };
const examples = fileURLToPath(new URL('../../../../examples', import.meta.url));
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reembed-specs-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

test('YAML and JSON are read alike', async () => {
  const yaml = await fileWith(
    'a.yaml',
    'name: a\nsource: { collection: old }\ntarget:\n  collection: new\nvectors: { "": { keep: "" } }\n',
  );
  const json = await fileWith('a.json', JSON.stringify(spec));
  expect(await loadSpec(yaml)).toEqual(await loadSpec(json));
});

test('an empty file, as an `init` that was not answered leaves it, is said to be one, with what drafts a spec', async () => {
  const file = await fileWith('empty.yaml', '# nothing yet\n');
  await expect(loadSpec(file)).rejects.toThrow(`${file} is empty: \`reembed init <collection> > ${file}\` drafts a spec`);
});

test('a filter keeps every digit, from YAML and from JSON', async () => {
  const filter = '{"must":[{"has_id":[18446744073709551615]},{"key":"n","range":{"gte":9007199254740993,"lt":1.5}}]}';
  const yaml = await fileWith(
    'filter.yaml',
    `name: a
source:
  collection: old
  filter:
    must:
      - has_id: [18446744073709551615]
      - { key: n, range: { gte: 9007199254740993, lt: 1.5 } }
target: { collection: new }
copy: { streams: 2 }
vectors: { "": { keep: "" } }
`,
  );
  const json = await fileWith('filter.json', JSON.stringify(spec).replace('"old"', `"old","filter":${filter}`));
  for (const file of [yaml, json]) expect((await loadSpec(file)).source.filter).toBe(filter);
  expect((await loadSpec(yaml)).copy.streams).toBe(2);
});

test('a file that does not exist is named', async () => {
  await expect(loadSpec('nowhere.yaml')).rejects.toMatchObject({ code: 'invalid-spec', message: expect.stringContaining('nowhere.yaml') });
});

test('what is no YAML is refused with the place of the fault', async () => {
  const file = await fileWith('broken.yaml', 'name: "a\nsource: {');
  await expect(loadSpec(file)).rejects.toMatchObject({ code: 'invalid-spec', message: expect.stringMatching(/broken\.yaml.*line 2/s) });
});

test('every fault of a spec is an issue, and the message names the file', async () => {
  const file = await fileWith('faulty.json', JSON.stringify({ ...spec, name: '', colour: 'red' }));
  await expect(loadSpec(file)).rejects.toMatchObject({
    code: 'invalid-spec',
    message: expect.stringContaining('faulty.json'),
    issues: expect.arrayContaining([
      expect.objectContaining({ field: 'name' }),
      expect.objectContaining({ field: 'colour', value: 'red' }),
    ]),
  });
});

test('a field that this version does not know is refused by name', async () => {
  const file = await fileWith('early.json', JSON.stringify({ ...spec, sharding: { follows: true } }));
  await expect(loadSpec(file)).rejects.toMatchObject({
    code: 'invalid-spec',
    issues: [{ field: 'sharding', value: { follows: true } }],
  });
});

test('every example is a valid spec, and the example config a valid config', async () => {
  const specs = (await readdir(examples)).filter((name) => name.endsWith('.yaml') && name !== 'reembed.config.yaml');
  expect(specs.length).toBeGreaterThan(0);
  for (const name of specs) await loadSpec(join(examples, name));
  await loadReembedConfig(join(examples, 'reembed.config.yaml'));
});
