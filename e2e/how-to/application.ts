import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** An application in a language of the how-to pages: what its code blocks define can be called. */
export type Application = AsyncDisposable & { call(name: 'save' | 'search', ...args: readonly unknown[]): Promise<unknown> };

type Language = { readonly command: () => string; readonly file: string; readonly main: string };

/** Each reads calls as JSON lines, `["save", 1, …]`, and answers in JSON lines. */
export const languages = {
  python: {
    command: python,
    file: 'main.py',
    main: `
import json, sys, store
for line in sys.stdin:
    name, *args = json.loads(line)
    print(json.dumps(getattr(store, name)(*args)), flush=True)
`,
  },
  ts: {
    command: () => process.execPath,
    file: 'main.ts',
    main: `
import { createInterface } from 'node:readline';
import * as store from './store.ts';
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = JSON.parse(line);
  console.log(JSON.stringify((await store[name](...args)) ?? null));
}
`,
  },
} as const satisfies Record<string, Language>;

function python(): string {
  const found = process.env.REEMBED_TEST_PYTHON || join(root, '.venv/bin/python');
  if (existsSync(found)) return found;
  throw new Error(
    `${found} is missing; the code of the Python pages needs it: python3 -m venv .venv && .venv/bin/pip install qdrant-client==1.20.0 ` +
      '(Debian: apt-get install -y --no-install-recommends python3-venv), or name a Python that has it in REEMBED_TEST_PYTHON',
  );
}

/** Starts an application of these source files, by name. */
export async function startApplication(
  language: keyof typeof languages,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): Promise<Application> {
  const { command, file, main } = languages[language];
  const dir = await mkdtemp(join(tmpdir(), 'reembed-how-to-'));
  for (const [name, text] of Object.entries({ ...files, [file]: main })) await writeFile(join(dir, name), text);
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
  await writeFile(join(dir, 'package.json'), '{"type":"module"}');
  const child = spawn(command(), [file], { cwd: dir, env: { PATH: process.env.PATH ?? '', ...env } });
  const ask = callsTo(child);
  return {
    call: (name, ...args) => ask([name, ...args]),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await rm(dir, { recursive: true });
    },
  };
}

/** Has the code of a plan read by its language, and, where what it imports is there, run: what it prints. Throws where it is none. */
export async function tryCode(
  language: keyof typeof languages,
  code: string,
  env: Readonly<Record<string, string>>,
): Promise<string | null> {
  const run = promisify(execFile);
  if (language === 'python') {
    await run(python(), ['-c', 'import ast, sys; ast.parse(sys.argv[1])', code]);
    return null;
  }
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'reembed-how-to-'));
  stack.defer(() => rm(dir, { recursive: true }));
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
  await writeFile(join(dir, 'package.json'), '{"type":"module"}');
  await writeFile(join(dir, 'query.ts'), code);
  return (await run(process.execPath, ['query.ts'], { cwd: dir, env: { PATH: process.env.PATH ?? '', ...env } })).stdout.trim();
}

/** One call at a time. */
function callsTo(child: ChildProcessWithoutNullStreams): (call: readonly unknown[]) => Promise<unknown> {
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (call) => {
    child.stdin.write(`${JSON.stringify(call)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`the application ended at ${JSON.stringify(call)}: ${errors}`);
    return JSON.parse(value);
  };
}
