import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startApp } from '../support/app-process.ts';
import { documentMigration } from '../support/document-migration.ts';
import { startFleet } from '../support/fleet.ts';
import { createMigrationApi } from '../support/migration-api.ts';

/**
 * `npm run attack -- --seconds S`: schemathesis against a running fleet, by the document that its coordinator serves. Ends with 1 where anything
 * was answered with 5xx, or as the document does not say.
 */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '120' }, seed: { type: 'string' } } });
const seconds = Number(values.seconds);
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
if (!(seconds >= 10) || !/^\d+$/.test(seed)) throw new Error('--seconds wants a number from 10 on, --seed a whole number');

const schemathesis = fileURLToPath(new URL('../../.venv/bin/schemathesis', import.meta.url));
if (!existsSync(schemathesis)) throw new Error('there is no .venv/bin/schemathesis: scripts/prepare-tests.sh installs it');

const token = 'the-token-of-an-attack';
const authorization = `Bearer ${token}`;
const withToken = ['--header', `Authorization: ${authorization}`];

await using stack = new AsyncDisposableStack();
const fleet = stack.use(await startFleet({ coordinators: 0 }));
const coordinator = stack.use(await startApp('whole coordinator', { env: { ...fleet.env, REEMBED_TOKEN: token }, guard: fleet.guard }));
const dir = await mkdtemp(join(tmpdir(), 'reembed-schemathesis-'));
stack.defer(() => rm(dir, { recursive: true, force: true }));
const files = { document: join(dir, 'openapi.json'), oneMigration: join(dir, 'one-migration.toml') };
const document = await fetch(`${coordinator.name}/docs/json`, { headers: { authorization } });
await writeFile(files.document, await document.text());
await writeFile(files.oneMigration, `[parameters]\n"path.id" = ${JSON.stringify(await aMigration())}\n`);

const answers = ['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_schema_conformance'];

/** Who attacks what, for which share of the time. Wrong tokens come last: after ten of them nobody from this address is listened to for a while. */
const attacks = [
  { name: 'with the token', share: 0.5, before: [], options: withToken, checks: answers },
  {
    name: 'with the token, at a migration that is there',
    ...{ share: 0.3, before: ['--config-file', files.oneMigration], options: withToken, checks: answers },
  },
  { name: 'without the token', share: 0.15, before: [], options: [], checks: answers },
  { name: 'with wrong tokens', share: 0.05, before: [], options: withToken, checks: [...answers, 'ignored_auth'] },
];
let failed = false;
for (const { name, share, before, options, checks } of attacks) {
  process.stdout.write(`\nschemathesis ${name}, --seed ${seed}\n`);
  const code = await attack(before, [...options, '--checks', checks.join(), '--max-time', String(Math.ceil(seconds * share))]);
  failed ||= code !== 0;
}
if (!coordinator.alive()) throw new Error(`the coordinator ended:\n${coordinator.log()}`);
if (failed) process.stdout.write(`\nthe coordinator's last words:\n${coordinator.log()}\n`);
process.exitCode = failed ? 1 : 0;

/** A migration whose acts have something to act on. */
async function aMigration(): Promise<string> {
  const api = createMigrationApi(() => [coordinator.name], coordinator.log);
  const { spec } = await documentMigration(fleet, { points: 20 });
  const { status, body } = await api.request<{ id: string }>('POST', '/v1/migrations', spec, { authorization });
  if (status !== 201) throw new Error(`the migration was answered with ${status}: ${JSON.stringify(body)}`);
  return body.id;
}

async function attack(before: readonly string[], options: readonly string[]): Promise<number> {
  const child = spawn(
    schemathesis,
    [
      ...[...before, 'run', files.document, '--url', coordinator.name, ...options],
      ...['--seed', seed, '--request-timeout', '30', '--warnings', 'off'],
      // A stream without end.
      ...['--exclude-operation-id', 'followMigration'],
    ],
    { cwd: dir, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
