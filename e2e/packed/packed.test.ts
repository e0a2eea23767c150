import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { freePort } from '@reembed/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** What is published, as somebody gets it who has no checkout: packed, installed in an empty folder, run there. */
const root = fileURLToPath(new URL('../..', import.meta.url));
/** The oldest Node that the packages say they run on; the package `node` brings it along. */
const oldestNode = '22.13.1';
let tarballs: string;
let folder: string;

beforeAll(async () => {
  tarballs = await mkdtemp(join(tmpdir(), 'reembed-tarballs-'));
  folder = await mkdtemp(join(tmpdir(), 'reembed-packed-'));
  // npm unpacks a Node, which takes as long as the build, beside it.
  await Promise.all([run('npm', ['run', 'build'], root), install(`node@${oldestNode}`)]);
  await run('npm', ['pack', '--pack-destination', tarballs, ...builtFolders()], root);
  await install(...(await readdir(tarballs)).map((file) => join(tarballs, file)));
}, 300_000);
afterAll(async () => {
  for (const dir of [tarballs, folder]) await rm(dir, { recursive: true, force: true });
});

// Most of what they do is wait, each for processes of its own.
describe.concurrent('what is published', { timeout: 300_000 }, () => {
  test('from tarballs in an empty folder it says its version, on the oldest Node it runs on and on that of the checkout', async () => {
    expect(await run('npx', ['node', '--version'])).toBe(`v${oldestNode}\n`);
    const { version } = manifestOf(join(root, 'apps/cli'));
    expect(await run('npx', ['reembed', '--version'])).toBe(`${version}\n`);
    expect(await run(process.execPath, ['node_modules/reembed/apps/cli/bin/reembed.js', '--version'])).toBe(`${version}\n`);
  });

  test('from tarballs in an empty folder it says which file of a secret is not there', async () => {
    const missing = run('npx', ['reembed', 'alias', 'list'], folder, { QDRANT_API_KEY_FILE: 'nowhere' });
    await expect(missing).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('QDRANT_API_KEY_FILE names nowhere') });
  });

  test('from tarballs in an empty folder the demo runs to its end', async () => {
    expect(JSON.parse(await run('npx', ['reembed', 'demo', '--points', '40', '--workers', '1', '--json']))).toMatchObject({
      target: { name: 'docs_v2', points: 40 },
      reads: { failed: 0, mixed: 0 },
    });
  });

  test('the commands of the tutorial, pasted one after the other with Enter for every question, end with the alias at the new collection', async () => {
    const blocks = [...readFileSync(join(root, 'docs/tutorial.md'), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map(
      ([, block = '']) => block,
    );
    const port = await freePort();
    const [server = '', ...pasted] = blocks.map((block) => block.replaceAll('6333', String(port)));
    const qdrant = spawn('bash', ['-c', server], { cwd: folder, env: cleanEnvironment(folder), detached: true });
    try {
      await once(qdrant.stdout, 'data');
      await writeFile(join(folder, 'tutorial.sh'), pasted.join('\n'));
      const said = await atTerminal('bash tutorial.sh');
      expect(said).toContain('docs -> docs_v1');
      expect(said).toContain('The text that is embedded');
      expect(said).toContain('compared source (3 points) and target (3): no difference');
      expect(said).toContain('docs  -> docs_v2');
    } finally {
      process.kill(-(qdrant.pid ?? 0));
    }
  });

  test('no tarball holds a test, a fixture or TypeScript that Node would refuse', () => {
    const files = globSync('node_modules/{reembed,@reembed/*}/**', { cwd: folder });
    expect(files.filter((file) => /\.(test|fixture)\.|fixtures|(?<!\.d)\.ts$/.test(file))).toEqual([]);
    expect(files.filter((file) => file.endsWith('/LICENSE'))).toHaveLength(builtFolders().length);
  });

  test('an application of its own imports the client and the contracts, from JavaScript and with their types', async () => {
    const lines = [
      "import { connect } from '@reembed/client';",
      "import { specSchema } from '@reembed/contracts';",
      "process.stdout.write(typeof connect + ' ' + specSchema.safeParse({}).success);",
    ];
    await writeFile(join(folder, 'application.mjs'), lines.join('\n'));
    for (const node of ['node_modules/.bin/node', process.execPath]) expect(await run(node, ['application.mjs'])).toBe('function false');

    const typed = [
      'export const name: string = specSchema.parse({}).name;',
      "export const connections: Parameters<typeof connect>[0]['connections'] = 3;",
    ];
    const wrong = ['// @ts-expect-error', 'export const number: number = specSchema.parse({}).name;', '// @ts-expect-error', 'connect(7);'];
    await writeFile(join(folder, 'application.ts'), [...lines.slice(0, 2), ...typed, ...wrong].join('\n'));
    await run(join(root, 'node_modules/.bin/tsc'), ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', 'application.ts']);
  });

  test('publint and attw find nothing in what is published', async () => {
    await run('npm', ['run', 'check:packages', '--', tarballs], root);
  });

  test('what others wrote of the command line is passed on with its licence', () => {
    const licences = readFileSync(join(folder, 'node_modules/reembed/third-party-licences.txt'), 'utf8');
    expect(licences).toContain('fastify 5');
    expect(licences).not.toMatch(/: undefined$/m);
  });
});

function install(...packages: readonly string[]): Promise<string> {
  return run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], folder);
}

/** Whoever has a build is published. */
function builtFolders(): string[] {
  const folders = globSync('{packages,apps}/*', { cwd: root }).filter((path) => manifestOf(join(root, path)).scripts?.build !== undefined);
  return folders.map((path) => `./${path}/dist`);
}

function manifestOf(path: string): { readonly version: string; readonly scripts?: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
}

/** What a command writes at a terminal where somebody takes what every question offers. */
async function atTerminal(command: string): Promise<string> {
  const terminal = spawn('script', ['-qefc', command, '/dev/null'], { cwd: folder, env: cleanEnvironment(folder) });
  let said = '';
  let answered = 0;
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    for (const asked = said.match(/\[[^\]\n]*\]: /g)?.length ?? 0; answered < asked; answered += 1) terminal.stdin.write('\r');
  });
  await once(terminal, 'exit');
  return stripVTControlCharacters(said);
}

/** What it wrote. */
async function run(command: string, args: readonly string[], cwd = folder, set: NodeJS.ProcessEnv = {}): Promise<string> {
  const env = { ...cleanEnvironment(cwd), ...set };
  const { stdout } = await promisify(execFile)(command, args, { cwd, env, maxBuffer: 2 ** 26 });
  return stdout;
}

/** Without the programs, settings and servers of this checkout and whoever runs it. */
function cleanEnvironment(cwd: string): NodeJS.ProcessEnv {
  const foreign = /^(npm_(lifecycle|package|config_local_prefix)|INIT_CWD|NODE_ENV|VITEST|REEMBED_|REDIS_|QDRANT_|OPENAI_|COHERE_)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  const own = (env.PATH ?? '').split(delimiter).filter((path) => cwd === root || !path.includes('node_modules'));
  return { ...env, PATH: own.join(delimiter) };
}
