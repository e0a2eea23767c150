import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { startApp } from '../support/app-process.ts';
import { built, reembed } from '../support/built.ts';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet } from '../support/fleet.ts';
import { createMigrationApi } from '../support/migration-api.ts';

/** Every kind of secret that a process may be told. */
const secrets = {
  token: 'planted-token-of-the-coordinator',
  redis: 'planted-password-of-redis',
  qdrantKey: 'planted-key-of-qdrant',
  qdrantWord: 'planted-password-of-qdrant',
  provider: 'planted-key-of-the-provider',
  query: 'planted-parameter-of-an-address',
};
const basic = Buffer.from(`user:${secrets.qdrantWord}`).toString('base64');
const authorization = `Bearer ${secrets.token}`;

it('no secret of any process is in a reply, an event, a line, Redis, Qdrant, the report or a command, whoever says it back or is silent', async () => {
  await using stack = new AsyncDisposableStack();
  const fleet = stack.use(await startFleet({ coordinators: 0, workers: 0, ownRedis: true }));
  await fleet.connections.requests.config('SET', 'requirepass', secrets.redis);
  const echo = stack.use(await startEcho(fleet.qdrant.url));
  const redisUrl = fleet.redis.url.replace('redis://', `redis://:${secrets.redis}@`);
  const env = {
    ...fleet.env,
    ...{
      REDIS_URL: redisUrl,
      QDRANT_URL: `http://user:${secrets.qdrantWord}@${echo.host}/?sig=${secrets.query}`,
      QDRANT_API_KEY: secrets.qdrantKey,
    },
    ...{
      REEMBED_TOKEN: secrets.token,
      OPENAI_API_KEY: secrets.provider,
      OPENAI_BASE_URL: `http://${echo.host}/provider`,
      REEMBED_LOG: 'debug',
    },
  };
  const coordinator = stack.use(await startApp('coordinator', { env, guard: fleet.guard }));
  const worker = stack.use(await startApp('worker', { env, guard: fleet.guard }));
  const heard: string[] = [];
  const ask = async (path: string, body?: unknown) => {
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const reply = await fetch(`${coordinator.name}${path}`, { ...sent, headers: { authorization, 'content-type': 'application/json' } });
    const said = await reply.text();
    heard.push(said);
    return said;
  };

  // A migration while all is well, a provider that refuses by saying everything back, and then a Qdrant that does so, or is silent.
  const migration = await documentMigration(fleet, { points: 20 });
  const { id } = JSON.parse(await ask('/v1/migrations', migration.spec)) as { id: string };
  const api = createMigrationApi(() => [coordinator.name], coordinator.log);
  await eventually('it is ready', async () =>
    (await api.request<{ phase: string }>('GET', `/v1/migrations/${id}`, undefined, { authorization })).body.phase === 'ready'
      ? true
      : null,
  );
  const events = await fetch(`${coordinator.name}/v1/migrations/${id}/events`, { headers: { authorization, 'last-event-id': '0' } });
  const stream = text(events.body ?? new ReadableStream()).catch(() => '');
  const asked = {
    ...migration.spec,
    target: { collection: `${migration.target}-2` },
    vectors: { '': { embed: { model: 'openai/text-embedding-3-small', text: '{{title}}' } } },
  };
  await ask('/v1/plans', asked);
  await ask(`/v1/migrations/${id}/report.html`);
  await ask(`/v1/migrations/${id}/report`);
  echo.mood = 'echo';
  for (const path of ['/readyz', `/v1/migrations/${id}`, '/v1/migrations', '/', '/queues/api/queues']) await ask(path);
  await ask('/v1/plans', migration.spec);
  await ask(`/v1/migrations/${id}/switch`, { acceptLateWrites: true });
  const alone = { ...env, REEMBED_URL: 'http://127.0.0.1:1' };
  heard.push(...(await Promise.all([run({ ...env, REEMBED_URL: coordinator.name }, 'status', id), run(alone, 'list')])));
  echo.mood = 'silent';
  await Promise.all([ask('/readyz'), ask('/v1/plans', migration.spec)]);
  heard.push(await printConfig('coordinator', env), await printConfig('worker', env));
  coordinator.signal('SIGTERM');
  await coordinator.exited();
  heard.push(await stream, coordinator.log(), worker.log());
  echo.mood = 'well';
  heard.push(await everythingIn(fleet.connections.requests), await everythingOf(fleet));
  expect(echo.saw).toEqual(new Set(['qdrantKey', 'qdrantWord', 'provider']));
  const told = heard.join('\n');
  expect(told).toContain('(secret)');
  for (const secret of [...Object.values(secrets), basic])
    expect(told.includes(secret) ? told.slice(told.indexOf(secret) - 200, told.indexOf(secret) + 60) : '').toBe('');
});

async function run(env: Record<string, string>, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [reembed, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return (await Promise.all([text(child.stdout), text(child.stderr)])).join('\n');
}

async function printConfig(app: 'coordinator' | 'worker', env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [built(`apps/${app}/src/main.js`), '--print-config'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return (await Promise.all([text(child.stdout), text(child.stderr)])).join('\n');
}

/** Passes on to Qdrant, or refuses by saying all headers back, or never answers; the provider behind it always refuses so. */
async function startEcho(qdrantUrl: string) {
  const saw = new Set<string>();
  const state = { mood: 'well' as 'well' | 'echo' | 'silent', saw };
  const server = createServer(async (request, response) => {
    const headers = JSON.stringify(request.headers);
    if (headers.includes(secrets.provider)) saw.add('provider');
    if (headers.includes(secrets.qdrantKey)) saw.add('qdrantKey');
    if (headers.includes(basic)) saw.add('qdrantWord');
    const body = await text(request);
    if (request.url?.startsWith('/provider') || state.mood === 'echo') {
      response.writeHead(request.url?.startsWith('/provider') ? 400 : 403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: { error: `refused ${headers}` }, error: { message: `refused ${headers}` } }));
    } else if (state.mood === 'well') {
      const { method = 'GET', url = '/' } = request;
      const answer = await fetch(qdrantUrl + url, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body === '' ? {} : { body }),
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(state, {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  });
}

type Requests = Awaited<ReturnType<typeof startFleet>>['connections']['requests'];

/** All that Redis keeps, as its own dump of every key, and spelled out where that is compressed. */
async function everythingIn(redis: Requests): Promise<string> {
  await redis.config('SET', 'rdbcompression', 'no');
  const keys = await redis.keys('*');
  return (await Promise.all(keys.map(async (key) => `${key} ${(await redis.dumpBuffer(key))?.toString('latin1') ?? ''}`))).join('\n');
}

async function everythingOf({ http }: Pick<Awaited<ReturnType<typeof startFleet>>, 'http'>): Promise<string> {
  const { collections } = (await http.call('GET', '/collections')) as { collections: { name: string }[] };
  const read = collections.map(async ({ name }) => [
    await http.call('GET', `/collections/${name}`),
    await http.call('POST', `/collections/${name}/points/scroll`, { limit: 1_000, with_payload: true }),
  ]);
  return JSON.stringify(await Promise.all(read));
}
