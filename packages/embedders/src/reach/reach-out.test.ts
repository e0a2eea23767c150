import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { allowsHubModel, mayConnect, reachSchema, standingOf } from './allowed-hosts.ts';
import { createReachOut } from './reach-out.ts';

async function startServer() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.host ?? '');
    response.writeHead(307, { location: 'http://127.0.0.1:1/elsewhere' }).end('gone');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const post = (hosts: string[], url: string) => {
  const request = { headers: {}, body: '{}', signal: AbortSignal.timeout(5_000) };
  return createReachOut({ reach: reachSchema.parse({ hosts }) }).post(url, request);
};

describe('an address that a spec names', () => {
  it.each<[string, string[]]>([
    ['http://127.0.0.1:9/', []],
    ['http://169.254.169.254/latest/meta-data/', ['*.example.com', '10.0.0.1']],
    ['http://2130706433/', ['localhost']],
    ['http://evil.example/', ['*.example.com', 'example']],
    ['http://example.com/', ['*.example.com']],
    ['http://texts.example.com:9001/', ['texts.example.com:9000']],
    ['http://texts.example.com@evil.example/', ['texts.example.com']],
  ])('is asked only where it is allowed: not %s', async (url, hosts) => {
    await expect(post(hosts, url)).rejects.toMatchObject({ code: 'address-not-allowed', message: expect.stringContaining('reach.hosts') });
  });

  it.each<[string, string[], string | null]>([
    ['https://texts.example.com/a', ['texts.example.com'], 'by-name'],
    ['https://TEXTS.example.com/a', ['Texts.Example.com:443'], 'by-name'],
    ['http://10.0.0.7:9000/', ['10.0.0.7:9000'], 'by-name'],
    ['http://[::1]:9000/', ['[::1]'], 'by-name'],
    ['https://a.b.example.com/', ['*.example.com'], 'by-domain'],
    ['https://a.example.com:444/', ['*.example.com:443'], null],
  ])('%s is of %j: %s', (url, hosts, standing) => {
    expect(standingOf(url, { hosts }, [])).toBe(standing);
  });

  it('is allowed where the configuration names it for its key', async () => {
    await using server = await startServer();
    const url = `http://127.0.0.1:${server.port}/texts`;
    const out = createReachOut({ textSources: [{ url, apiKeyEnv: null, header: null, requestTimeoutMs: 1_000 }] });
    expect([out.refusal(url), out.refusal('http://127.0.0.1:1/')]).toEqual([null, expect.stringContaining('"127.0.0.1:1"')]);
    expect((await out.post(url, { headers: {}, body: '', signal: AbortSignal.timeout(5_000) })).status).toBe(307);
  });

  it('is asked alone: a redirect is not followed', async () => {
    await using server = await startServer();
    expect((await post(['localhost'], `http://localhost:${server.port}/`)).status).toBe(307);
    expect(server.asked).toEqual([`localhost:${server.port}`]);
  });

  it('is looked up once, and what was looked at is connected to: a name that leads elsewhere a moment later is of no use', async () => {
    await using server = await startServer();
    const answers = ['127.0.0.1', '169.254.169.254'];
    const asked: string[] = [];
    const out = createReachOut({ reach: reachSchema.parse({ hosts: ['texts.example.com'] }) }, (hostname, _, done) => {
      asked.push(hostname);
      done(null, [{ address: answers.shift() ?? '', family: 4 }]);
    });
    const request = { headers: {}, body: '{}', signal: AbortSignal.timeout(5_000) };
    expect((await out.post(`http://texts.example.com:${server.port}/`, request)).status).toBe(307);
    expect([asked, server.asked]).toEqual([['texts.example.com'], [`texts.example.com:${server.port}`]]);
    await expect(out.post('http://texts.example.com:8080/', request)).rejects.toMatchObject({
      code: 'address-not-allowed',
      message: expect.stringContaining('leads to 169.254.169.254'),
    });
  });

  it('that a domain allows may not lead to a private address', async () => {
    await using server = await startServer();
    const reach = reachSchema.parse({ hosts: ['*.example.com'] });
    const out = createReachOut({ reach }, (_hostname, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]));
    const asked = out.post(`http://texts.example.com:${server.port}/`, { headers: {}, body: '{}', signal: AbortSignal.timeout(5_000) });
    await expect(asked).rejects.toMatchObject({ code: 'address-not-allowed', message: expect.stringContaining('leads to 127.0.0.1') });
    expect(server.asked).toEqual([]);
  });
});

describe('what a name leads to', () => {
  it.each<[string, boolean, boolean]>([
    ['93.184.216.34', true, true],
    ['2606:2800:220:1::1', true, true],
    ['10.1.2.3', true, false],
    ['192.168.0.1', true, false],
    ['100.64.0.1', true, false],
    ['127.0.0.1', true, false],
    ['::ffff:10.0.0.1', true, false],
    ['fd00::1', true, false],
    ['64:ff9b::a00:1', true, false],
    ['169.254.169.254', false, false],
    ['fe80::1', false, false],
    ['::ffff:169.254.169.254', false, false],
  ])('%s is connected to by its own name: %s, by its domain: %s', (ip, byName, byDomain) => {
    expect([mayConnect(ip, 'by-name'), mayConnect(ip, 'by-domain')]).toEqual([byName, byDomain]);
  });
});

it.each<[string[], boolean]>([
  [['Xenova/all-MiniLM-L6-v2'], true],
  [['Xenova/*'], true],
  [['*'], true],
  [['Xenova/other', 'other/*', 'Xen/*'], false],
  [[], false],
])('%j allows a model of the hub: %s', (hubModels, allowed) => {
  expect(allowsHubModel('Xenova/all-MiniLM-L6-v2', { hubModels })).toBe(allowed);
});
