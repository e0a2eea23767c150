import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { openCatalogue } from '../inputs/models-here.ts';
import { setScene } from '../migration.fixture.ts';
import { runInProcess } from '../start-cli.fixture.ts';

test('init two-step prints a spec for the collection behind an alias that plan finds nothing wrong with', { timeout: 60_000 }, async () => {
  await using scene = await setScene({ points: 3 });
  const how = ['--source', scene.alias, '--model', 'hash/32', '--text', '{{title}}\\n{{title}}'];
  const { exit, out } = await runInProcess(['init', 'two-step', ...how], scene.env);
  expect(exit).toBe(0);
  expect(out).toMatch(/^# A two-step switch\./);
  expect(parse(out)).toMatchObject({
    source: { collection: scene.source },
    target: { alias: scene.alias },
    vectors: { '': { keep: '' }, new: { embed: { model: 'hash/32', text: '{{title}}\n{{title}}' } } },
  });

  await writeFile(scene.specFile, out);
  const plan = await runInProcess(['plan', scene.specFile], scene.env);
  expect(plan.out).not.toContain('Blockers');
  expect(plan).toMatchObject({ exit: 0 });
  expect(plan.out).toContain('the switch takes two steps');
});

test('init drafts a spec that plan finds nothing wrong with: framework, text, alias and the model that made the vectors are found', {
  timeout: 60_000,
}, async () => {
  await using scene = await setScene({ points: 0 });
  const embedded = await textsBy('hash/16', ['red tea leaves', 'green tea cups']);
  await scene.points.insertOnly(
    scene.source,
    embedded.map(({ text, vector }, at) => ({
      id: { kind: 'integer' as const, id: String(at + 1) },
      payload: JSON.stringify({ page_content: text, metadata: { source: 'a.md' } }),
      vectors: { '': vector },
    })),
  );
  const { exit, out } = await runInProcess(['init', scene.alias, '--yes', '--new-model', 'hash/64', '--old-model', 'hash/16'], scene.env);
  expect(exit).toBe(0);
  expect(out).toContain('Its payloads are those of LangChain');
  expect(out).toContain('"red tea leaves"');
  expect(parse(out)).toMatchObject({
    source: { collection: scene.source, vectors: { '': { model: 'hash/16', text: '{{page_content}}' } } },
    target: { alias: scene.alias },
    vectors: { '': { embed: { model: 'hash/64', text: '{{page_content}}' } } },
  });

  await writeFile(scene.specFile, out);
  const plan = await runInProcess(['plan', scene.specFile], scene.env);
  expect(plan.out).not.toContain('Blockers');
  expect(plan).toMatchObject({ exit: 0 });
});

test.each<[string, readonly object[], object]>([
  ['text within objects', [{ doc: { body: 'red tea leaves' }, tags: ['a b'] }], { text: '{{doc.body}}' }],
  [
    'points of Roo Code, and the one that says how far its index is',
    [...Array.from({ length: 19 }, () => ({ filePath: 'a.ts', codeChunk: 'let tea;' })), { type: 'metadata', indexing_complete: true }],
    { text: '{{codeChunk}}', onMissingText: 'keep-without-vector' },
  ],
])('init takes %s', { timeout: 60_000 }, async (_, payloads, wanted) => {
  await using scene = await setScene({ points: 0 });
  const [{ vector } = { vector: '' }] = await textsBy('hash/16', ['tea']);
  const points = payloads.map((payload, at) => ({
    id: { kind: 'integer' as const, id: String(at + 1) },
    payload: JSON.stringify(payload),
    vectors: { '': vector },
  }));
  await scene.points.insertOnly(scene.source, points);
  const { out } = await runInProcess(['init', scene.source, '--yes', '--new-model', 'hash/64'], scene.env);
  expect(parse(out).vectors).toEqual({ '': { embed: { model: 'hash/64', ...wanted } } });
});

test('init names no old model that did not make the vectors, and asks nobody where nobody is', { timeout: 60_000 }, async () => {
  await using scene = await setScene({ points: 30 });
  const { out } = await runInProcess(['init', scene.source, '--yes', '--old-model', 'hash/16', '--template', '{{title}}'], scene.env);
  expect(parse(out).source).toEqual({ collection: scene.source });
  expect(out).toContain('No model that was asked made its vectors; the nearest is hash/16');
  expect(await runInProcess(['init', scene.source], scene.env)).toMatchObject({ exit: 2, err: expect.stringContaining('--yes') });
});

/** Texts with the vectors that a model makes of them, as JSON. */
async function textsBy(model: string, texts: readonly string[]): Promise<{ text: string; vector: string }[]> {
  const embedder = (await openCatalogue({})).embedder(model);
  const { vectors, dimensions } = await embedder.embed(texts, { kind: 'document' });
  await embedder.close();
  return texts.map((text, at) => ({ text, vector: JSON.stringify([...vectors.slice(at * dimensions, (at + 1) * dimensions)]) }));
}
