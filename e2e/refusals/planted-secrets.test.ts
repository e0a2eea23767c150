import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startTestCollector } from '@reembed/testkit';
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
  texts: 'planted-key-of-the-text-service',
  hook: 'planted-key-of-the-freeze-hook',
  hookSigns: Buffer.from('planted-signature-of-the-hook').toString('base64'),
  person: 'planted-token-of-a-person',
  gateway: 'planted-token-of-the-gateway',
  status: 'planted-token-of-metrics',
  traces: 'planted-header-of-traces',
};
const basic = Buffer.from(`user:${secrets.qdrantWord}`).toString('base64');
const authorization = `Bearer ${secrets.token}`;
const asPerson = `Bearer ${secrets.person}`;

it('no secret of any process is in a reply, an event, a line, a metric, a trace, Redis, Qdrant, the report or a command, whoever says it back or is silent', async () => {
  await using stack = new AsyncDisposableStack();
  const fleet = stack.use(await startFleet({ coordinators: 0, workers: 0, ownRedis: true }));
  await fleet.connections.requests.config('SET', 'requirepass', secrets.redis);
  const echo = stack.use(await startEcho(fleet.qdrant.url));
  const collector = stack.use(await startTestCollector());
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
    ...(await filesOf(stack, fleet.env.REEMBED_CONFIG ?? '', echo.host)),
    ...{ TEXTS_KEY: secrets.texts, HOOK_KEY: secrets.hook, HOOK_SIGNS: secrets.hookSigns },
    ...{ REEMBED_GATEWAY_TOKEN: secrets.gateway, REEMBED_GATEWAY_PORT: '0', REEMBED_STATUS_TOKEN: secrets.status },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_HEADERS: `authorization=${secrets.traces}` },
  };
  const coordinator = stack.use(await startApp('coordinator', { env, guard: fleet.guard }));
  const worker = stack.use(await startApp('worker', { env, guard: fleet.guard }));
  const gateway = stack.use(await startApp('gateway', { env, guard: fleet.guard }));
  const statusOf = [worker, gateway].map((app) => statusUrl(app.log()));
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
  const freeze = { url: `http://${echo.host}/hook`, timeoutMs: 30_000 };
  const { id } = JSON.parse(await ask('/v1/migrations', { ...migration.spec, switch: { freeze } })) as { id: string };
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
  const textFrom = { url: `http://${echo.host}/texts` };
  await ask('/v1/plans', { ...asked, source: { ...migration.spec.source, textFrom } });
  await ask(`/v1/migrations/${id}/report.html`);
  await ask(`/v1/migrations/${id}/report`);
  await ask(`/v1/migrations/${id}/switch`, { acceptLateWrites: true });
  await eventually('the hook is asked', async () => (echo.saw.has('hook') ? true : null));
  heard.push(await search(gateway.name));
  echo.mood = 'echo';
  heard.push(await search(gateway.name));
  heard.push(await (await fetch(`${coordinator.name}/v1/migrations`, { headers: { authorization: asPerson } })).text());
  for (const path of ['/readyz', `/v1/migrations/${id}`, '/v1/migrations', '/', '/queues/api/queues']) await ask(path);
  await ask('/v1/plans', migration.spec);
  await ask(`/v1/migrations/${id}/switch`, { acceptLateWrites: true });
  const alone = { ...env, REEMBED_URL: 'http://127.0.0.1:1' };
  heard.push(...(await Promise.all([run({ ...env, REEMBED_URL: coordinator.name }, 'status', id), run(alone, 'list')])));
  echo.mood = 'silent';
  await Promise.all([ask('/readyz'), ask('/v1/plans', migration.spec)]);
  heard.push(await printConfig('coordinator', env), await printConfig('worker', env));
  const metrics = [await ask('/metrics'), ...(await Promise.all(statusOf.map(metricsAt)))];
  for (const said of metrics) expect(said).toContain('reembed_');
  heard.push(...metrics);
  for (const app of [coordinator, worker, gateway]) app.signal('SIGTERM');
  await Promise.all([coordinator, worker, gateway].map((app) => app.exited()));
  const services = new Set(collector.spans.map(({ service }) => service));
  expect([...services].sort()).toEqual(['reembed-coordinator', 'reembed-gateway', 'reembed-worker']);
  heard.push(JSON.stringify(collector.spans));
  heard.push(await stream, coordinator.log(), worker.log(), gateway.log());
  echo.mood = 'well';
  heard.push(await everythingIn(fleet.connections.requests), await everythingOf(fleet));
  expect([...echo.saw].sort()).toEqual(['hook', 'provider', 'qdrantKey', 'qdrantWord', 'texts']);
  const told = heard.join('\n');
  expect(told).toContain('(secret)');
  for (const secret of [...Object.values(secrets), basic])
    expect(told.includes(secret) ? told.slice(told.indexOf(secret) - 200, told.indexOf(secret) + 60) : '').toBe('');
});

/** Configuration that names the services, and people; the fleet's own besides. */
async function filesOf(stack: AsyncDisposableStack, config: string, host: string) {
  const dir = await mkdtemp(join(tmpdir(), 'reembed-planted-'));
  stack.defer(() => rm(dir, { recursive: true }));
  const [REEMBED_CONFIG, REEMBED_ACCESS] = [join(dir, 'reembed.config.yaml'), join(dir, 'access.yaml')];
  const textSources = [{ url: `http://${host}/texts`, apiKeyEnv: 'TEXTS_KEY' }];
  const freezeHooks = [{ url: `http://${host}/hook`, apiKeyEnv: 'HOOK_KEY', signWithEnv: 'HOOK_SIGNS' }];
  await writeFile(REEMBED_CONFIG, JSON.stringify({ ...JSON.parse(await readFile(config, 'utf8')), textSources, freezeHooks }));
  const sha256 = createHash('sha256').update(secrets.person).digest('hex');
  await writeFile(REEMBED_ACCESS, JSON.stringify({ tokens: [{ name: 'ada', role: 'viewer', sha256, expires: '2100-01-01T00:00:00Z' }] }));
  return { REEMBED_CONFIG, REEMBED_ACCESS };
}

/** What the gateway answers an application, which has its token and not Qdrant's key: to a text, and to what it only passes on. */
async function search(gateway: string): Promise<string> {
  const headers = { 'api-key': secrets.gateway, 'content-type': 'application/json' };
  const body = JSON.stringify({ query: { text: 'what', model: 'auto' } });
  const replies = await Promise.all([
    fetch(`${gateway}/collections/nothing/points/query`, { method: 'POST', headers, body }),
    fetch(`${gateway}/collections/nothing`, { headers }),
  ]);
  return (await Promise.all(replies.map((reply) => reply.text()))).join('\n');
}

/** Where the log of a process says that its metrics are. */
function statusUrl(log: string): string {
  const line = log.split('\n').find((one) => one.includes('metrics and health are served')) ?? expect.fail('no metrics are served');
  return (JSON.parse(line) as { url: string }).url;
}

async function metricsAt(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${secrets.status}` } })).text();
}

async function run(env: Record<string, string>, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [reembed, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return (await Promise.all([text(child.stdout), text(child.stderr)])).join('\n');
}

async function printConfig(app: 'coordinator' | 'worker', env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [built(`apps/${app}/src/main.js`), '--print-config'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return (await Promise.all([text(child.stdout), text(child.stderr)])).join('\n');
}

/** Passes on to Qdrant, or refuses by saying all headers back, or never answers; provider, text service and freeze hook behind it always refuse so. */
async function startEcho(qdrantUrl: string) {
  const saw = new Set<string>();
  const state = { mood: 'well' as 'well' | 'echo' | 'silent', saw };
  const server = createServer(async (request, response) => {
    const headers = JSON.stringify(request.headers);
    if (headers.includes(secrets.provider)) saw.add('provider');
    if (headers.includes(secrets.qdrantKey)) saw.add('qdrantKey');
    if (headers.includes(basic)) saw.add('qdrantWord');
    if (headers.includes(secrets.texts)) saw.add('texts');
    if (headers.includes(secrets.hook)) saw.add('hook');
    const body = await text(request);
    const isOurs = /^\/(provider|texts|hook)/.test(request.url ?? '');
    if (isOurs || state.mood === 'echo') {
      response.writeHead(isOurs ? 400 : 403, { 'content-type': 'application/json' });
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
