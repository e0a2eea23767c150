import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gatewaySettingsSchema } from '@reembed/contracts';
import { createLog, systemClock } from '@reembed/process';
import { createQdrantCollections } from '@reembed/qdrant';
import { startStubProvider, startTestQdrant } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { startGateway } from './start-gateway.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
const python = process.env.REEMBED_TEST_PYTHON || join(root, '.venv/bin/python');

/** The fenced blocks of the page in a language, in order. */
async function blocksOf(language: string): Promise<string[]> {
  const page = await readFile(join(root, 'docs/how-to/any-language.md'), 'utf8');
  return [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, body = '']) => (of === language ? [body] : []));
}

/** Collections are named as on the page, so the server is one of the test's own. */
it('the code of the page for any language runs as it stands, but for its addresses', async () => {
  await using stack = new AsyncDisposableStack();
  const stub = stack.use(await startStubProvider({ dimensions: 1_536 }));
  const qdrant = stack.use(await startTestQdrant({ port: 0 }));
  const collections = createQdrantCollections({ url: qdrant.url, requestTimeoutMs: 10_000 });
  await collections.create('docs_v1', { vectors: { size: 1_536, distance: 'Cosine' } });
  const [say = '', , ask = ''] = await blocksOf('sh');
  const env = { PATH: process.env.PATH ?? '', QDRANT_URL: qdrant.url };
  await run('bash', ['-c', `set -e; ${say}`], { env });
  await collections.pointAlias('docs', 'docs_v1');
  const provider = { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: stub.openAiBaseUrl };
  const gateway = await startGateway({
    settings: gatewaySettingsSchema.parse({ qdrantUrl: qdrant.url, port: 0 }),
    config: { models: {} },
    env: provider,
    log: createLog('gateway', 'silent'),
    clock: systemClock,
  });
  stack.defer(() => gateway.stop());
  const here = (code: string) => code.replaceAll('http://127.0.0.1:8766', gateway.url);

  const [inPython = ''] = await blocksOf('python');
  await run(python, ['-c', `${here(inPython)}\nprint(qdrant.query_points("docs", query=text("who sleeps?"), limit=3).points[0].id)`], {
    env,
  });

  const dir = await mkdtemp(join(tmpdir(), 'reembed-how-to-'));
  stack.defer(() => rm(dir, { recursive: true }));
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
  const [inTypeScript = '', asLibrary = ''] = await blocksOf('typescript');
  await writeFile(join(dir, 'package.json'), '{"type":"module"}');
  await writeFile(join(dir, 'main.ts'), here(inTypeScript));
  await run(process.execPath, ['main.ts'], { cwd: dir, env });
  await writeFile(join(dir, 'library.ts'), asLibrary.replaceAll('http://localhost:6333', qdrant.url));
  await run(process.execPath, ['library.ts'], { cwd: dir, env: { ...env, ...provider } });

  const { stdout } = await run('bash', ['-c', `set -e; ${here(ask)}`], { env });
  expect(JSON.parse(stdout)).toMatchObject({ object: 'list', model: 'openai/text-embedding-3-small', collection: 'docs_v1', vector: '' });
  // Whoever it was in, the texts were embedded for the collection behind the alias.
  const stored = await fetch(`${qdrant.url}/collections/docs_v1/points/1`);
  expect(await stored.json()).toMatchObject({ result: { payload: { title: 'Cats', body: 'They sleep.' } } });
});
