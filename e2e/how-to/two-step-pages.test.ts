import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isOwnCollection, type MigrationView, type Plan } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { reembed as bin } from '../support/built.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet, stubModel } from '../support/fleet.ts';
import { startOwnQdrant } from '../support/own-qdrant.ts';
import { startApplication, tryCode } from './application.ts';

type Block = { readonly language: string; readonly text: string };

/** The fenced blocks of a page, in order. */
async function blocksOf(page: string): Promise<Block[]> {
  const text = await readFile(new URL(`../../docs/how-to/${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', body = '']) => ({ language, text: body }));
}

/** `# store.py` or `// store.ts` in the first line names the file. */
function fileOf({ text }: Block): [name: string, text: string] {
  return [/^(?:#|\/\/) (\S+)\n/.exec(text)?.[1] ?? expect.fail(`no file is named in ${text.slice(0, 80)}`), text];
}

test.concurrent.for([
  ['python', 'two-step-python.md'],
  ['ts', 'two-step-typescript.md'],
] as const)('the code of the page in %s goes through a real two-step switch, one block after the other', async ([language, page]) => {
  await using qdrant = await startOwnQdrant();
  await using fleet = await startFleet({ qdrant, models: { 'openai/text-embedding-3-large': 'text-embedding-3-large' } });
  const { api, http, stub } = fleet;
  const coordinator = await fleet.startCoordinator();
  const [model, before, after, last] = (await blocksOf(page)).filter((block) => block.language === language).map(fileOf);
  if (!model || !before || !after || !last) return expect.fail(`${page} has four blocks of code`);
  const env = { QDRANT_URL: qdrant.url, OPENAI_BASE_URL: stub.openAiBaseUrl, OPENAI_API_KEY: 'none' };
  const start = (store: readonly [string, string]) => startApplication(language, Object.fromEntries([model, store]), env);
  const reembed = async (...args: readonly string[]) => {
    const settings = { ...fleet.env, ...env, REEMBED_URL: coordinator.name };
    return (await promisify(execFile)(process.execPath, [bin, ...args], { env: settings })).stdout;
  };
  const filledIn = (id: string) =>
    eventually('every point has the new vector', async () => {
      const { filling } = await api.view(id);
      return filling?.lacking === 0 ? true : null;
    });
  await http.call('PUT', '/collections/docs_v1', { vectors: { size: stubModel.dimensions, distance: 'Cosine' } });
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: 'docs', collection_name: 'docs_v1' } }] });

  await using old = await start(before);
  for (let id = 1; id <= 20; id++) await old.call('save', id, `title ${id}`, `body ${id}`);
  const found = await old.call('search', 'title 7\n\nbody 7');
  expect(found).toEqual(['title 7', expect.any(String), expect.any(String)]);

  const yaml = (await blocksOf(page)).find((block) => block.language === 'yaml') ?? expect.fail('the page has a spec');
  const folder = await mkdtemp(join(tmpdir(), 'reembed-how-to-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true }));
  const spec = join(folder, 'two-step.yaml');
  await writeFile(spec, yaml.text);
  const how = ['--source', 'docs', '--model', 'openai/text-embedding-3-large', '--text', '{{title}}\\n\\n{{body}}'];
  expect(await reembed('init', 'two-step', ...how)).toMatch(/collection: docs_v2\n +alias: docs/);
  const { advice } = JSON.parse(await reembed('--json', 'plan', spec)) as Plan;
  const { id } = JSON.parse(await reembed('--json', 'submit', spec)) as MigrationView;
  await api.until(id, 'ready');
  await reembed('switch', id);

  // The old code goes on: it finds what it found, and what it writes gets the new vector.
  expect(await old.call('search', 'title 7\n\nbody 7')).toEqual(found);
  await old.call('save', 21, 'title 21', 'body 21');
  expect(await old.call('search', 'title 21\n\nbody 21')).toEqual(expect.arrayContaining(['title 21']));
  await eventually('the point has been filled in', async () => {
    const [point] = (await http.scroll('docs_v2')).filter((stored) => stored.id === '21');
    return point?.vectors.new === undefined ? null : true;
  });
  await filledIn(id);
  expect(await reembed('status', id)).toContain('Every point has "new"');

  const shown = advice?.queryCode?.[language === 'python' ? 'python' : 'typescript'] ?? expect.fail('the plan shows no code');
  const code = shown.replace('what somebody asks', 'title 21\\n\\nbody 21');
  const printed = await tryCode(language, language === 'ts' ? `${code}\nconsole.log(points[0]?.id);` : code, env);
  if (printed !== null) expect(printed).toBe('21');

  await using moved = await start(after);
  expect(((await moved.call('search', 'title 21\n\nbody 21')) as string[])[0]).toBe('title 21');
  await moved.call('save', 22, 'title 22', 'body 22');
  // Both work side by side.
  for (const app of [old, moved]) expect(((await app.call('search', 'title 22\n\nbody 22')) as string[])[0]).toBe('title 22');

  await reembed('complete', id, '--confirm', 'docs_v1');
  await using done = await start(last);
  await done.call('save', 23, 'title 23', 'body 23');
  for (const app of [moved, done]) expect(((await app.call('search', 'title 23\n\nbody 23')) as string[])[0]).toBe('title 23');
  await api.until(id, 'completed');
  expect((await http.names()).filter((name) => !isOwnCollection(name))).toEqual(['docs', 'docs_v2']);
});
