import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startFleet } from '../support/fleet.ts';
import { createSource, somePoints } from '../support/source-collection.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const [generator, compiler] = [join(root, 'e2e/node_modules/openapi-typescript/bin/cli.js'), join(root, 'node_modules/typescript/bin/tsc')];

/** As the page says. */
const generate = ['--default-non-nullable', 'false', '-o', 'reembed.d.ts'];

/** As strict as a reader's project may be. */
const strict = {
  compilerOptions: {
    ...{ target: 'es2024', module: 'nodenext', types: ['node'], noEmit: true, allowImportingTsExtensions: true },
    ...{ strict: true, exactOptionalPropertyTypes: true, verbatimModuleSyntax: true },
  },
};

/** The programs of the page by their names, in a folder of their own that sees what is installed here. */
async function programs(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reembed-typed-client-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const page = await readFile(join(root, 'docs/how-to/typed-client.md'), 'utf8');
  for (const [, name = '', text = ''] of page.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)) await writeFile(join(folder, name), text);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(strict));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

test('a client generated from the document compiles, and drives a coordinator: lists, submits, commands and errors', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await programs(stack);
  await using fleet = await startFleet({ workers: 0 });
  const { http, name } = fleet;
  const [source, target] = [name('source'), name('target')];
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, somePoints(5));
  const REEMBED_URL = fleet.coordinatorUrl();
  const node = async (...args: string[]) => {
    const env = { PATH: process.env.PATH ?? '', REEMBED_URL };
    return (
      await run(process.execPath, args, { cwd: folder, env }).catch((error: { stdout: string }) => expect.fail(`${error}${error.stdout}`))
    ).stdout;
  };
  await node(generator, `${REEMBED_URL}/docs/json`, ...generate);
  await node(compiler, '-p', folder);
  expect(await node('submit.ts', source, target, 'hash/64')).toBe('created cancelling\n');
  expect(await node('submit.ts', source, name('target'), 'nobody/knows-me')).toBe('422 plan-blocked vectors."".embed.model\n');
  expect(await node('list.ts')).toMatch(/^docs cancel(ling|led) 0\n$/);
});

test('a program that asks for what there is not does not compile', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await programs(stack);
  await using fleet = await startFleet({ workers: 0 });
  await run(process.execPath, [generator, `${fleet.coordinatorUrl()}/docs/json`, ...generate], { cwd: folder });
  const list = await readFile(join(folder, 'list.ts'), 'utf8');
  await writeFile(join(folder, 'list.ts'), list.replace('progress }', 'stage }').replace('progress.points', 'stage'));
  await writeFile(
    join(folder, 'submit.ts'),
    `import { reembed } from './client.ts';\nawait reembed.POST('/v1/migrations/{id}/stop', {});\n`,
  );
  const refused = await run(process.execPath, [compiler, '-p', folder]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(refused).toContain("Property 'stage' does not exist");
  expect(refused).toContain('"/v1/migrations/{id}/stop"');
});
