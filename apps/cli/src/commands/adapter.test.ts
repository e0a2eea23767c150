import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdapterHeader } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { setScene } from '../migration.fixture.ts';
import { runInProcess, runToEnd } from '../start-cli.fixture.ts';

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'reembed-adapter-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const fit = (source: string, out: string) => [
  'adapter',
  'fit',
  '--source',
  source,
  '--model',
  'hash/16',
  '--text',
  '{{title}}',
  '--out',
  out,
];

test('an adapter is fitted from an alias, shown, and exported; the price is said before', async () => {
  await using scene = await setScene({ points: 300 });
  await using dir = await folder();
  const file = join(dir.path, 'map.json');
  const { exit, out, err } = await runInProcess([...fit(scene.alias, file), '--sample', '200'], scene.env);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  expect(out.indexOf('200 texts, 400 tokens: $0 at hash/16')).toBeLessThan(out.indexOf('embedded 200 of 200'));
  const shown = await runInProcess(['adapter', 'show', file, '--json'], scene.env);
  const header = JSON.parse(shown.out) as AdapterHeader;
  expect(header).toMatchObject({
    source: { collection: scene.source, vector: '' },
    from: { dimensions: 16 },
    to: { model: 'hash/16', dimensions: 16 },
  });
  expect(header.fit).toMatchObject({ pairs: 160, heldOut: 40 });
  const [python, typescript] = [join(dir.path, 'adapter.py'), join(dir.path, 'adapter.ts')];
  expect((await runInProcess(['adapter', 'export', file, '--python', python, '--typescript', typescript], scene.env)).exit).toBe(0);
  expect(await readFile(python, 'utf8')).toContain('def load_adapter');
  expect(await readFile(typescript, 'utf8')).toContain('export function loadAdapter');
});

test('labelled queries judge both fits', async () => {
  await using scene = await setScene({ points: 300 });
  await using dir = await folder();
  const [queries, qrels] = [join(dir.path, 'queries.jsonl'), join(dir.path, 'qrels.tsv')];
  const numbers = Array.from({ length: 300 }, (_, at) => at + 1);
  await writeFile(queries, numbers.map((at) => JSON.stringify({ _id: `q${at}`, text: `point ${at}` })).join('\n'));
  await writeFile(qrels, ['query-id\tcorpus-id\tscore', ...numbers.map((at) => `q${at}\t${at}\t1`)].join('\n'));
  const options = [...fit(scene.source, join(dir.path, 'map.json')), '--queries', queries];
  const { exit, out, err } = await runInProcess([...options, '--qrels', qrels, '--json'], scene.env);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  const { adapter } = JSON.parse(out) as { adapter: AdapterHeader };
  expect(adapter.fit.trueNdcgAt10).toBeGreaterThan(0.5);
  expect(adapter.fit.scores.ridge.ndcgAt10).toBeTypeOf('number');
  expect((await runInProcess(options, scene.env)).err).toContain('--queries and --qrels want each other');
});

test('a spec maps by a file of REEMBED_FILES, and nothing is embedded', { timeout: 120_000 }, async () => {
  await using scene = await setScene({ points: 300 });
  await using dir = await folder();
  await runInProcess(fit(scene.source, join(dir.path, 'map.json')), scene.env);
  const spec = JSON.parse(await readFile(scene.specFile, 'utf8')) as object;
  const vectors = { '': { keep: '' }, mapped: { project: { vector: '', adapter: 'map.json' } } };
  await writeFile(scene.specFile, JSON.stringify({ ...spec, vectors }));
  const elsewhere = await runInProcess(['plan', scene.specFile], { ...scene.env, REEMBED_FILES: join(dir.path, 'none') });
  expect(elsewhere).toMatchObject({ exit: 2, out: expect.stringContaining('none/map.json does not exist') });
  const { exit, stdout, stderr } = await runToEnd(['run', scene.specFile], { ...scene.env, REEMBED_FILES: dir.path });
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(stdout).toContain('Embed queries with hash/16');
  const { points: found } = await scene.points.scroll(scene.target, { offset: null, limit: 2, payload: true, vectors: ['mapped'] });
  for (const { vectors: made } of found) {
    const vector = JSON.parse(made.mapped ?? '[]') as number[];
    expect(vector).toHaveLength(16);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  }
  const metadata = (await scene.collections.describe(scene.target))?.metadata.reembed as { vectors: Record<string, unknown> };
  expect(metadata.vectors.mapped).toMatchObject({ model: 'hash/16', projected: { adapter: 'map.json' } });
});

test('--price says what it would cost, and embeds nothing', async () => {
  await using scene = await setScene({ points: 150 });
  const { exit, out } = await runInProcess([...fit(scene.source, '/nowhere/map.json'), '--sample', '100', '--price', '--json'], scene.env);
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toEqual({ points: 100, texts: 100, tokens: 200, priceUsd: 0 });
});

test.each<[string, string[], RegExp]>([
  ['an unknown collection', ['--source', 'none'], /no collection or alias "none"/],
  ['an unknown vector', ['--vector', 'image'], /no dense vector "image"; it has: ""/],
  ['a text without a field', ['--text', 'title'], /--text "title" names no payload field/],
  ['a file that cannot be written', ['--out', tmpdir()], /cannot be written: it is a directory/],
  ['too small a sample', ['--sample', '20'], /20 of 20 sampled points/],
])('%s is refused', async (_, options, message) => {
  await using scene = await setScene({ points: 60 });
  await using dir = await folder();
  const { exit, err } = await runInProcess([...fit(scene.source, join(dir.path, 'map.json')), ...options], scene.env);
  expect(exit).not.toBe(0);
  expect(err).toMatch(message);
});
