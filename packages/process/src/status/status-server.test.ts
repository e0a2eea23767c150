import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../metrics/create-metrics.ts';
import { createLog, type Service } from '../run-app.ts';
import { type StatusSettings, startStatusServer } from './status-server.ts';

const open: Service[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((server) => server.stop()))));

async function start(settings: Partial<StatusSettings> = {}, health = async (): Promise<readonly string[]> => []) {
  const server = await startStatusServer({
    settings: { statusHost: '127.0.0.1', statusPort: 0, ...settings },
    metrics: createMetrics('worker'),
    health,
    log: createLog('test', 'silent'),
  });
  open.push(server);
  return server.name;
}

/** Fetch sets its own Host. */
function statusAs(url: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) =>
    request(url, { headers }, (reply) => resolve(reply.resume().statusCode))
      .once('error', reject)
      .end(),
  );
}

it('shows metrics to whoever is on this machine, and to nobody by another name', async () => {
  const url = await start();
  const reply = await fetch(`${url}/metrics`);
  expect(reply.headers.get('content-type')).toContain('text/plain');
  expect(await reply.text()).toContain('reembed_build_info{version="');
  expect(await statusAs(`${url}/metrics`, { host: 'evil.example:1' })).toBe(403);
});

it('with a token shows metrics to who has it, and health to everybody', async () => {
  const token = 'a-token-of-16-characters';
  const url = await start({ statusToken: token });
  expect(await statusAs(`${url}/metrics`, {})).toBe(401);
  expect(await statusAs(`${url}/metrics`, { authorization: 'Bearer another-token-of-16' })).toBe(401);
  expect(await statusAs(`${url}/metrics`, { authorization: `Bearer ${token}`, host: 'worker-1:8767' })).toBe(200);
  expect(await statusAs(`${url}/healthz`, { host: 'worker-1:8767' })).toBe(200);
});

it.each(['0.0.0.0', '::', '10.0.0.1'])('is not open on %s without a token', async (statusHost) => {
  await expect(start({ statusHost })).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringContaining('REEMBED_STATUS_TOKEN'),
  });
});

it('says which variable names a port that is taken', async () => {
  const { port } = new URL(await start());
  await expect(start({ statusPort: Number(port) })).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringContaining('REEMBED_STATUS_PORT'),
  });
});

describe('health', () => {
  it('is 503 with what is wrong, while the process lives', async () => {
    const url = await start({}, async () => ['Redis does not answer']);
    const reply = await fetch(`${url}/healthz`);
    expect([reply.status, await reply.json()]).toEqual([503, { status: 'unwell', faults: ['Redis does not answer'] }]);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('of a defect is a 500 that says no more', async () => {
    const url = await start({}, () => Promise.reject(new TypeError('of the inside')));
    const reply = await fetch(`${url}/healthz`);
    expect(reply.status).toBe(500);
    expect(await reply.text()).not.toContain('of the inside');
  });
});

it('has nothing else, and is only read', async () => {
  const url = await start();
  expect((await fetch(`${url}/v1/migrations`)).status).toBe(404);
  expect((await fetch(`${url}/toString`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
});
