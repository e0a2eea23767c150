import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gatewaySettingsSchema, keepSecret } from '@reembed/contracts';
import { createLog, systemClock } from '@reembed/process';
import { expect, it } from 'vitest';
import { startGateway } from './start-gateway.ts';

/** A gateway before a server that answers as a test says. */
async function startBefore(answer: RequestListener, more: object = {}) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const qdrantUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = gatewaySettingsSchema.parse({ qdrantUrl, port: 0, ...more });
  const gateway = await startGateway({
    settings,
    config: { models: {} },
    env: {},
    log: createLog('gateway', 'silent'),
    clock: systemClock,
  });
  return {
    gateway,
    server,
    url: gateway.url,
    [Symbol.asyncDispose]: async () => {
      await gateway.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** By Node's own client, which sends every header that it is told. */
async function ask(url: string, { method = 'GET', headers = {}, body = '', agent, path }: Asked = {}): Promise<IncomingMessage> {
  const asked = request(url, { method, headers, agent, ...(path !== undefined && { path }) });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}
type Asked = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What is asked for, where it is not as addresses are. */
  readonly path?: string;
  readonly agent?: Agent | undefined;
};

it.each<[string, Asked]>([
  ['a look', {}],
  ['a body that is streamed', { method: 'PUT', body: '{"a":1}', headers: { 'transfer-encoding': 'chunked' } }],
  ['a search without a text', { method: 'POST', body: '{"query":[1]}', headers: { 'content-length': '13' } }],
])('%s is passed on without what belongs to a connection, both ways', async (_, asked) => {
  const seen: { headers?: IncomingMessage['headers']; body?: string } = {};
  await using on = await startBefore(async (got, answer) => {
    Object.assign(seen, { headers: got.headers, body: await text(got) });
    answer.writeHead(200, { connection: 'x-hop', 'x-hop': 'a', 'keep-alive': 'timeout=5', 'x-kept': 'b' }).end('{"n":1.0}');
  });
  const headers = { ...asked.headers, connection: 'x-mine ,\tx-too', 'x-mine': '1', 'x-too': '1', te: 'trailers', 'x-kept': '2' };
  const answer = await ask(`${on.url}/collections/docs/points/query`, { ...asked, headers });
  expect([answer.statusCode, answer.headers['x-hop'], answer.headers['x-kept'], await text(answer)]).toEqual([
    200,
    undefined,
    'b',
    '{"n":1.0}',
  ]);
  expect(seen).toMatchObject({ headers: { 'x-kept': '2' }, body: asked.body ?? '' });
  expect(Object.keys(seen.headers ?? {})).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(x-mine|x-too|te)$/)]));
});

/** What a Qdrant that has nothing answers to whoever looks where names stand. */
const nothingThere: RequestListener = ({ url }, answer) =>
  url === '/aliases' ? answer.end('{"result":{"aliases":[]},"status":"ok","time":0}') : answer.writeHead(404).end('{}');

it('an answer that ends in the middle is seen to, and none is made of it', async () => {
  await using on = await startBefore((got, answer) => {
    if (got.url !== '/collections/docs/points') return nothingThere(got, answer);
    answer.writeHead(200, { 'content-length': '1000' });
    answer.write('half', () => answer.destroy());
  });
  // The one is only passed on, the other is followed.
  for (const asked of [{}, { method: 'PUT', body: '{"points":[]}' }]) {
    const answer = await ask(`${on.url}/collections/docs/points`, asked);
    await expect(text(answer)).rejects.toMatchObject({ code: 'ECONNRESET' });
  }
});

it.each<[string, Asked, Readonly<Record<string, string>>]>([
  ['a look', {}, {}],
  ['a write', { method: 'PUT', body: '{"points":[]}' }, {}],
  ['a look that is answered in what is no gzip', {}, { 'content-encoding': 'gzip' }],
  ['a look that is answered in what nobody reads', {}, { 'content-encoding': 'gzip, br' }],
])('an error that does not come whole is told as that to %s', async (_, asked, said) => {
  await using on = await startBefore((got, answer) => {
    if (got.url !== '/collections/docs/points') return nothingThere(got, answer);
    answer.writeHead(500, { ...said, ...(said['content-encoding'] === undefined && { 'content-length': '1000' }) });
    answer.write('half', () => (said['content-encoding'] === undefined ? answer.destroy() : answer.end()));
  });
  const answer = await ask(`${on.url}/collections/docs/points`, asked);
  expect([answer.statusCode, JSON.parse(await text(answer))]).toEqual([
    502,
    { status: { error: expect.stringContaining('[qdrant-unreachable]') }, time: 0 },
  ]);
});

it.each([302, 403])('a proxy that says back what it was sent, with %d, tells no application the gateway’s key', async (status) => {
  const [apiKey, token] = ['the key of this qdrant', 'the token of this gateway'];
  keepSecret(apiKey);
  await using on = await startBefore(
    ({ headers }, answer) => {
      const said = `/login?key=${headers['api-key']}`;
      answer.writeHead(status, { location: said, 'set-cookie': [said], 'x-kept': 'a' }).end(said);
    },
    { qdrantApiKey: apiKey, token },
  );
  const answer = await ask(`${on.url}/collections/docs`, { headers: { 'api-key': token } });
  const hidden = '/login?key=(secret)';
  expect([answer.statusCode, answer.headers, await text(answer)]).toEqual([
    status,
    expect.objectContaining({ location: hidden, 'set-cookie': [hidden], 'x-kept': 'a' }),
    hidden,
  ]);
});

it.each([
  ['*', 400, undefined],
  ['?x=1', 400, undefined],
  ['WS://127.0.0.1/telemetry?x=1', 200, '/telemetry?x=1'],
  ['http://127.0.0.1/telemetry', 200, '/telemetry'],
])('what is asked for as %s is answered with %d, and not taken for a Qdrant that is away', async (path, status, sentOn) => {
  let seen: string | undefined;
  await using on = await startBefore(({ url }, answer) => {
    seen = url;
    answer.end('{}');
  });
  const answer = await ask(on.url, { method: 'OPTIONS', path });
  expect([answer.statusCode, seen]).toEqual([status, sentOn]);
});

it('an answer of many chunks arrives whole, to whoever reads it slowly', async () => {
  const chunk = Buffer.alloc(2 ** 20, 'x');
  await using on = await startBefore(async (_, answer) => {
    for (let sent = 0; sent < 24; sent++) if (!answer.write(chunk)) await once(answer, 'drain');
    answer.end();
  });
  const answer = await ask(`${on.url}/collections/docs`);
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    await new Promise(setImmediate);
  }
  expect(bytes).toBe(24 * 2 ** 20);
});

it.each<[string, Asked]>([
  ['a look', {}],
  ['a body that is streamed', { method: 'PUT', body: 'x'.repeat(2 ** 20), headers: { 'content-type': 'application/json' } }],
])('a Qdrant that is away is told to whoever sends %s', async (_, asked) => {
  await using on = await startBefore(() => {});
  on.server.close();
  on.server.closeAllConnections();
  const answer = await ask(`${on.url}/collections/docs`, asked);
  expect([answer.statusCode, JSON.parse(await text(answer))]).toEqual([
    502,
    { status: { error: expect.stringContaining('[qdrant-unreachable]') }, time: 0 },
  ]);
});

it('it stops once what is under way has been answered, and waits for no connection that rests', async () => {
  const asked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  await using on = await startBefore(async ({ url }, answer) => {
    if (url === '/collections/slow') {
      asked.resolve();
      await mayAnswer.promise;
    }
    answer.end('{}');
  });
  const agent = new Agent({ keepAlive: true });
  await text(await ask(`${on.url}/collections/rests`, { agent }));
  const underWay = ask(`${on.url}/collections/slow`, { agent: new Agent({ keepAlive: true }) });
  await asked.promise;
  const stopped = on.gateway.stop();
  mayAnswer.resolve();
  const answer = await underWay;
  expect([answer.statusCode, answer.headers.connection, await text(answer)]).toEqual([200, 'close', '{}']);
  await stopped;
  agent.destroy();
});
