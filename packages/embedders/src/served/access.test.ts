import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStubProvider } from '@reembed/testkit';
import { EnvHttpProxyAgent, fetch as send } from 'undici';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createModelCatalogue } from '../model-catalogue.ts';
import type { ModelEntry } from '../records/model-fields.ts';
import { parseReembedConfig } from '../reembed-config.ts';
import { patientDispatch } from './access.ts';

const dir = await mkdtemp(join(tmpdir(), 'reembed-access-'));
afterAll(() => rm(dir, { recursive: true }));

const env = { AZURE_KEY: 'azure-secret-0123456789', GATEWAY_KEY: 'gateway-secret-0123456789' };

async function start(entry: Partial<ModelEntry>, provider = 'openai', apiKey?: string) {
  const stub = await startStubProvider({ dimensions: 8, ...(apiKey === undefined ? {} : { apiKey }), indiscreet: true });
  const baseUrl = provider === 'openai' ? stub.openAiBaseUrl : stub.cohereBaseUrl;
  const models = { 'x/m': { provider, baseUrl, ...entry } };
  const embedder = createModelCatalogue({ config: { models }, env }).embedder('x/m');
  const embed = (kind: 'document' | 'query' = 'document') => embedder.embed(['a text'], { kind });
  const close = async () => {
    await embedder.close();
    await stub.close();
  };
  return { stub, embed, [Symbol.asyncDispose]: close };
}

describe.each(['openai', 'cohere'])('a server with the interface of %s', (provider) => {
  it('is sent headers from the environment and parameters of the address', async () => {
    await using on = await start({ headers: { 'api-key': 'AZURE_KEY' }, query: { 'api-version': '2024-10-21' } }, provider);
    await on.embed();
    expect(on.stub.log[0]).toMatchObject({ headers: { 'api-key': env.AZURE_KEY }, query: { 'api-version': '2024-10-21' } });
  });

  it('is sent the key that stands in a file when it is asked, so that one that expires is renewed', async () => {
    const apiKeyFile = join(dir, `${provider}.key`);
    await using on = await start({ apiKeyFile }, provider);
    for (const key of ['first-key-0123456789', 'second-key-0123456789']) {
      await writeFile(apiKeyFile, `${key}\n`);
      await on.embed();
      expect(on.stub.log.at(-1)?.authorization).toBe(`Bearer ${key}`);
    }
  });

  it('is sent the key that a command prints', async () => {
    const apiKeyCommand = [process.execPath, '-e', 'console.log("printed-key-0123456789")'];
    await using on = await start({ apiKeyCommand }, provider);
    await on.embed();
    expect(on.stub.log[0]?.authorization).toBe('Bearer printed-key-0123456789');
  });

  it('says that a key could not be had, and nothing of what the command said', async () => {
    const apiKeyCommand = [process.execPath, '-e', 'console.error("printed-key-0123456789"); process.exit(3)'];
    await using on = await start({ apiKeyCommand }, provider);
    const error = await on.embed().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'provider-unauthorized', message: expect.stringContaining('check apiKeyFile or apiKeyCommand') });
    expect(String(error)).not.toContain('printed-key');
  });

  it('does not have its words repeated where they hold a header or such a key', async () => {
    const apiKeyFile = join(dir, 'indiscreet.key');
    await writeFile(apiKeyFile, 'quoted-key-0123456789');
    await using on = await start({ apiKeyFile, headers: { 'x-gateway': 'GATEWAY_KEY' } }, provider);
    for (const words of [env.GATEWAY_KEY, 'quoted-key-0123456789']) {
      on.stub.script({ kind: 'status', status: 400, body: { error: { message: `no: ${words}` }, message: `no: ${words}` } });
      const error = await on.embed().catch((thrown: unknown) => thrown);
      expect(String(error)).not.toContain(words);
    }
  });
});

it('goes through the proxy that the environment names', async () => {
  const stub = await startStubProvider({ dimensions: 8 });
  const asked: string[] = [];
  const proxy = createServer().on('connect', ({ url = '' }, client) => {
    asked.push(url);
    const server = connect(Number(new URL(stub.openAiBaseUrl).port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      server.pipe(client).pipe(server);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('http_proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  vi.stubEnv('no_proxy', '');
  const models = { 'x/m': { provider: 'openai', baseUrl: 'http://models.internal/v1' } };
  const embedder = createModelCatalogue({ config: { models }, env }).embedder('x/m');
  vi.unstubAllEnvs();
  expect((await embedder.embed(['a text'], { kind: 'document' })).dimensions).toBe(8);
  expect(asked).toEqual(['models.internal:80']);
  await embedder.close();
  await stub.close();
  proxy.close();
});

it('names the variable of a header that is not set', async () => {
  await expect(start({ headers: { 'api-key': 'NOT_SET' } })).rejects.toThrow(/NOT_SET, which headers\.api-key of x\/m .* is not set/);
});

it('does not say how vectors are to be written where the entry says so', async () => {
  await using on = await start({ encodingFormat: 'unsaid', documentBody: { input_type: 'passage' }, queryBody: { input_type: 'query' } });
  await on.embed('document');
  await on.embed('query');
  expect(on.stub.log.map(({ body }) => body)).toEqual([
    { model: 'm', input: ['a text'], input_type: 'passage' },
    { model: 'm', input: ['a text'], input_type: 'query' },
  ]);
});

it('has no limit of its own on how long an answer takes: that of undici, five minutes, is set by what it is given', async () => {
  expect(patientDispatch).toEqual({ headersTimeout: 0, bodyTimeout: 0 });
  const silent = createServer((request) => void request.resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const impatient = new EnvHttpProxyAgent({ ...patientDispatch, headersTimeout: 100 });
  const asked = send(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, { dispatcher: impatient });
  await expect(asked).rejects.toMatchObject({ cause: { code: 'UND_ERR_HEADERS_TIMEOUT' } });
  silent.closeAllConnections();
  silent.close();
});

it.each([
  ['headers: { api-key: sk-live/0123456789 }', /headers\.api-key.*no name of an environment variable/],
  ['query: { api-key: abc }', /query\.api-key.*a key does not stand in an address/],
])('refuses a key in reembed.config.yaml: %s', (line, message) => {
  expect(() => parseReembedConfig(`models:\n  x/m: { provider: openai, baseUrl: "http://h/v1", ${line} }`, 'f.yaml')).toThrow(message);
});
