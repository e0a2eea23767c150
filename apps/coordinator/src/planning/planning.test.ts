import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEntry, coordinatorSettingsSchema } from '@reembed/contracts';
import { loadSettings, systemClock } from '@reembed/process';
import { startTestQdrant, startTestRedis, type TestQdrant, type TestRedis } from '@reembed/testkit';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Coordinator, startCoordinator } from '../start-coordinator.ts';

const token = 'token-of-an-operator-1234';

let redis: TestRedis;
let qdrant: TestQdrant;
let dir: string;
let coordinator: Coordinator;
beforeAll(async () => {
  [redis, qdrant, dir] = await Promise.all([startTestRedis(), startTestQdrant(), mkdtemp(join(tmpdir(), 'reembed-planning-'))]);
  const sha256 = createHash('sha256').update(token).digest('hex');
  const people = { tokens: [{ name: 'ada', role: 'operator', sha256, expires: '2100-01-01T00:00:00Z' }] };
  await writeFile(join(dir, 'access.yaml'), JSON.stringify(people));
  const env = {
    ...{ REDIS_URL: redis.url, REEMBED_REDIS_PREFIX: redis.prefix, QDRANT_URL: qdrant.url, REEMBED_PORT: '0' },
    ...{ REEMBED_ACCESS: join(dir, 'access.yaml'), REEMBED_LOG: 'error' },
  };
  const settings = loadSettings(coordinatorSettingsSchema, env);
  coordinator = await startCoordinator({ settings, config: { models: {} }, env, log: pino({ level: 'silent' }), clock: systemClock });
});
afterAll(async () => {
  await coordinator.stop();
  await Promise.all([redis[Symbol.asyncDispose](), qdrant[Symbol.asyncDispose](), rm(dir, { recursive: true })]);
});

const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
const post = (path: string, body: string) => fetch(`${coordinator.url}${path}`, { method: 'POST', body, headers });

const spec = {
  source: { collection: 'nowhere' },
  target: { collection: 'docs_v2' },
  vectors: { '': { embed: { model: 'hash/16', text: '{{body}}' } } },
};

/** What holds other requests up, in ms of CPU of the thread that serves them. The client of this test is in it, too. */
const mostMs = 200;

it('reads and checks no spec on the thread that serves requests, leases and events', async () => {
  // The first starts the process that reads them.
  expect((await post('/v1/plans', JSON.stringify(spec))).status).toBe(200);
  const qrels = Array.from({ length: 100_000 }, (_, at) => ({ query: '', document: at, relevance: 'much' }));
  const exact = '"sample":12345678901234567,"qrels"';
  const body = JSON.stringify({ ...spec, gates: { queries: 'stored', qrels } }).replace('"qrels"', exact);
  const began = process.threadCpuUsage();
  const [planned, ...others] = await Promise.all([
    post('/v1/plans', body),
    ...Array.from({ length: 10 }, () => fetch(`${coordinator.url}/healthz`)),
  ]);
  const { user, system } = process.threadCpuUsage(began);
  expect(others.map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect(planned.status).toBe(422);
  expect(await planned.json()).toMatchObject({ code: 'invalid-spec', message: expect.stringContaining('gates.qrels') });
  expect((user + system) / 1_000).toBeLessThan(mostMs);
});

it('counts what planning asks of Qdrant with what the coordinator asks', async () => {
  const asked = async () => {
    const text = await (await fetch(`${coordinator.url}/metrics`, { headers })).text();
    const counts = text.matchAll(/^reembed_qdrant_request_seconds_count\{[^}]*operation="GET \/collections\/\{name\}"[^}]*\} (\d+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const before = await asked();
  expect((await post('/v1/plans', JSON.stringify(spec))).status).toBe(200);
  await expect.poll(asked).toBeGreaterThan(before);
});

it('has acts written down once, in the name of whoever asks', async () => {
  const reply = await post('/v1/migrations', JSON.stringify(spec));
  expect(reply.status).toBe(422);
  const written = async () => {
    const { entries } = (await (await fetch(`${coordinator.url}/v1/audit`, { headers })).json()) as { entries: AuditEntry[] };
    return entries.map(({ kind, name, what, status }) => ({ kind, name, what, status }));
  };
  const lines = [
    { kind: 'asked', name: 'ada', what: 'submit', status: null },
    { kind: 'answered', name: 'ada', what: 'submit', status: 422 },
  ];
  await expect.poll(written).toEqual(lines);
  // What was refused before it is read is written down here, and once too.
  expect(
    (
      await fetch(`${coordinator.url}/v1/migrations`, {
        method: 'POST',
        body: 'name: docs',
        headers: { ...headers, 'content-type': 'text/yaml' },
      })
    ).status,
  ).toBe(415);
  await expect.poll(written).toEqual([...lines, { kind: 'refused', name: 'ada', what: 'submit', status: 415 }]);
});

it('lets an operator take nothing over, and nobody in who is not known', async () => {
  expect((await post('/v1/migrations?takeOver=true', JSON.stringify(spec))).status).toBe(403);
  const reply = await fetch(`${coordinator.url}/v1/plans`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json', 'reembed-relayed': '0' },
  });
  expect(reply.status).toBe(401);
});
