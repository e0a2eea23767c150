import { gzipSync } from 'node:zlib';
import { QdrantClient } from '@qdrant/js-client-rest';
import { gatewaySettingsSchema } from '@reembed/contracts';
import { createModelCatalogue } from '@reembed/embedders';
import { createLog, systemClock } from '@reembed/process';
import { createMetrics } from '@reembed/process/metrics';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { buildGateway, type GatewayParts } from './build-gateway.ts';
import { startScene } from './gateway.fixture.ts';
import { startGateway } from './start-gateway.ts';

const text = (words: string) => ({ text: words, model: 'auto' });
const vectorOf = async (words: string) => {
  const { vectors } = await createModelCatalogue({ config: { models: {} }, env: {} })
    .embedder('hash/64')
    .embed([words], { kind: 'query' });
  return [...vectors];
};
const post = (url: string, body: object, headers: object = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

describe('the official client, with another URL and no other change', () => {
  it('makes collections, writes, reads and searches as before', async () => {
    await using on = await startScene();
    const client = new QdrantClient({ url: on.url, checkCompatibility: false });
    const name = on.qdrant.collectionName('own');
    await client.createCollection(name, { vectors: { size: 4, distance: 'Dot' } });
    await client.upsert(name, { wait: true, points: [{ id: 1, vector: [1, 0, 0, 0], payload: { n: 1 } }] });
    await client.setPayload(name, { wait: true, payload: { lang: 'en' }, points: [1] });
    expect((await client.query(name, { query: [1, 0, 0, 0], with_payload: true })).points).toMatchObject([
      { id: 1, payload: { n: 1, lang: 'en' } },
    ]);
    expect((await client.scroll(name, {})).points).toHaveLength(1);
    await client.deleteCollection(name);
    expect((await client.getCollections()).collections.map((one) => one.name)).not.toContain(name);
  });

  it('searches and writes texts on an alias, whatever model is behind it', async () => {
    await using on = await startScene();
    const client = new QdrantClient({ url: on.url, checkCompatibility: false });
    const points = ['a cat sleeps', 'a dog barks'].map((words, id) => ({ id, vector: text(words), payload: { body: words } }));
    await client.upsert(on.alias, { wait: true, points });
    const searches = ['cat sleeps', 'dog barks'].map((words) => ({ query: text(words), limit: 1 }));
    const found = await client.queryBatch(on.alias, { searches });
    expect(found.map(({ points: hits }) => hits.map(({ id }) => id))).toEqual([[0], [1]]);
    const fused = await client.query(on.alias, { prefetch: searches, query: { fusion: 'rrf' } });
    expect(fused.points).toHaveLength(2);
    expect((await client.retrieve(on.alias, { ids: [0], with_vector: true }))[0]?.vector).toEqual(
      (await vectorOf('a cat sleeps')).map((value) => expect.closeTo(value, 5)),
    );
  });

  it('is told what Qdrant says, and what the gateway says, in one form', async () => {
    await using on = await startScene();
    const client = new QdrantClient({ url: on.url, checkCompatibility: false });
    await expect(client.getCollection('nothing')).rejects.toMatchObject({
      status: 404,
      data: { status: { error: expect.stringContaining('nothing') } },
    });
    const wrong = client.query(on.alias, { query: { text: 'a cat', model: 'some/other' } });
    await expect(wrong).rejects.toMatchObject({
      status: 400,
      data: { status: { error: expect.stringContaining('names the model some/other') } },
    });
  });
});

it('an answer says which collection gave it, where a text was embedded for that', async () => {
  await using on = await startScene();
  const path = `${on.url}/collections/${on.alias}/points/query`;
  expect((await post(path, { query: text('a cat') })).headers.get('reembed-collection')).toBe(on.collection);
  expect((await post(path, { query: await vectorOf('a cat') })).headers.get('reembed-collection')).toBeNull();
});

it('bytes of which nothing is known go through as they are, both ways', async () => {
  await using on = await startScene();
  const body = JSON.stringify({ points: [{ id: 7, vector: await vectorOf('x'), payload: { n: 1 } }] }).replace(
    '"n":1',
    '"n":1.0,"big":18446744073709551615',
  );
  const put = await fetch(`${on.url}/collections/${on.alias}/points?wait=true`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(put.status).toBe(200);
  const got = await (await fetch(`${on.url}/collections/${on.alias}/points/7`)).text();
  expect(got).toContain('"payload":{"n":1.0,"big":18446744073709551615}');
  expect((await fetch(`${on.url}/no/such/path`)).status).toBe(404);
});

it('bodies of more than a megabyte go through, with texts and without', async () => {
  await using on = await startScene();
  const long = 'x'.repeat(1_200_000);
  const points = [{ id: 1, vector: text('a cat'), payload: { long } }];
  const put = await fetch(`${on.url}/collections/${on.alias}/points?wait=true`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ points }),
  });
  expect(put.status).toBe(200);
  expect((await post(`${on.url}/collections/${on.alias}/points/scroll`, { limit: 1, with_payload: true, note: long })).status).toBe(200);
  expect((await (await fetch(`${on.url}/collections/${on.alias}/points/1`)).text()).length).toBeGreaterThan(1_200_000);
});

it('a Qdrant that is away is 502, and the gateway goes on once it is back', async () => {
  await using on = await startScene();
  if (on.qdrant.local === null) return;
  await on.qdrant.local.stop();
  expect((await fetch(`${on.url}/collections`)).status).toBe(502);
  expect((await post(`${on.url}/collections/${on.alias}/points/query`, { query: text('a cat') })).status).toBe(502);
  await on.qdrant.local.start();
  expect((await post(`${on.url}/collections/${on.alias}/points/query`, { query: text('a cat') })).status).toBe(200);
});

describe('POST /v1/embeddings', () => {
  it('gives vectors of the collection behind the alias, and names it in header and body', async () => {
    await using on = await startScene();
    const answer = await post(`${on.url}/v1/embeddings`, { model: on.alias, input: ['a cat', 'a dog'] });
    expect(answer.headers.get('reembed-collection')).toBe(on.collection);
    const body = (await answer.json()) as { data: { embedding: number[] }[] };
    expect(body).toMatchObject({
      object: 'list',
      model: 'hash/64',
      collection: on.collection,
      vector: '',
      data: [{ index: 0 }, { index: 1 }],
    });
    expect(body.data[1]?.embedding).toEqual(await vectorOf('a dog'));
  });

  it('gives base64 where that is asked for, as the official client does', async () => {
    await using on = await startScene();
    const answer = await post(`${on.url}/v1/embeddings`, { model: on.alias, input: 'a cat', encoding_format: 'base64' });
    const { data } = (await answer.json()) as { data: { embedding: string }[] };
    const bytes = Buffer.from(data[0]?.embedding ?? '', 'base64');
    expect([...new Float32Array(bytes.buffer, bytes.byteOffset, 64)]).toEqual(await vectorOf('a cat'));
  });

  it.each<[string, (alias: string) => object, RegExp]>([
    ['another size', (model) => ({ model, input: 'a', dimensions: 32 }), /have 64/],
    ['no text', (model) => ({ model }), /input \(missing\): wants a text/],
  ])('refuses %s', async (_, body, words) => {
    await using on = await startScene();
    const answer = await post(`${on.url}/v1/embeddings`, body(on.alias));
    expect([answer.status, JSON.stringify(await answer.json())]).toEqual([
      400,
      expect.stringMatching(words.source.replaceAll('"', '\\\\"')),
    ]);
  });

  it('says errors as the API does that its clients speak, wrong keys too', async () => {
    await using on = await startScene({ token: 'a token of sixteen or more' });
    const answer = await post(`${on.url}/v1/embeddings`, { model: on.alias, input: 'a' });
    expect([answer.status, await answer.json()]).toEqual([
      401,
      { error: { message: expect.stringContaining('send the token'), type: 'unauthorized', param: null, code: 'unauthorized' } },
    ]);
    const asked = await post(`${on.url}/v1/embeddings`, { model: on.alias }, { authorization: 'Bearer a token of sixteen or more' });
    expect(await asked.json()).toMatchObject({ error: { code: 'invalid-request', message: expect.stringContaining('wants a text') } });
  });

  it('takes a compressed body, and no more texts than the API does', async () => {
    await using on = await startScene();
    const send = (input: unknown) =>
      fetch(`${on.url}/v1/embeddings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: gzipSync(JSON.stringify({ model: on.alias, input })),
      });
    expect((await send('a cat')).status).toBe(200);
    expect((await send(Array.from({ length: 2_049 }, () => 'a'))).status).toBe(400);
  });

  it('knows no model that is neither an alias nor a collection', async () => {
    await using on = await startScene();
    const answer = await post(`${on.url}/v1/embeddings`, { model: 'nothing', input: 'a' });
    expect([answer.status, JSON.stringify(await answer.json())]).toEqual([404, expect.stringContaining('there is none')]);
  });

  it('wants the vector where there are several', async () => {
    const origin = (model: string) => ({ model, dimensions: 64, text: '{{body}}' });
    await using on = await startScene({ vectors: { a: origin('hash/64'), b: origin('hash/64') } });
    const answer = await post(`${on.url}/v1/embeddings`, { model: on.alias, input: 'x' });
    expect(JSON.stringify(await answer.json())).toContain(`${on.alias}/b`);
    expect(await (await post(`${on.url}/v1/embeddings`, { model: `${on.alias}/b`, input: 'x' })).json()).toMatchObject({ vector: 'b' });
  });
});

describe('keys', () => {
  it('the token takes the place of Qdrant’s key, which the application need not know', async () => {
    const token = 'a token of sixteen or more';
    await using on = await startScene({ apiKey: 'the key of qdrant', token });
    const status = async (headers: Record<string, string>) => (await fetch(`${on.url}/collections`, { headers })).status;
    expect(await status({ 'api-key': token })).toBe(200);
    expect(await status({ authorization: `Bearer ${token}` })).toBe(200);
    expect([await status({}), await status({ 'api-key': 'the key of qdrant' })]).toEqual([401, 401]);
  });

  it('without a token an application’s own key goes to Qdrant, before that of the gateway', async () => {
    await using on = await startScene({ apiKey: 'the key of qdrant' });
    const status = async (headers: Record<string, string>) => (await fetch(`${on.url}/collections`, { headers })).status;
    expect([await status({}), await status({ 'api-key': 'a wrong one' }), await status({ 'api-key': 'the key of qdrant' })]).toEqual([
      200, 401, 200,
    ]);
  });

  it('no page of another site gets in', async () => {
    await using on = await startScene();
    expect(
      (await post(`${on.url}/collections/${on.alias}/points/delete`, { points: [1] }, { origin: 'https://evil.example' })).status,
    ).toBe(403);
  });

  it('it is not open to a network without a token', async () => {
    const settings = gatewaySettingsSchema.parse({ host: '0.0.0.0', port: 0 });
    const started = startGateway({ settings, config: { models: {} }, env: {}, log: createLog('gateway', 'silent'), clock: systemClock });
    await expect(started).rejects.toMatchObject({ code: 'invalid-config', message: expect.stringContaining('REEMBED_GATEWAY_TOKEN') });
  });
});

describe('a request that is spelled in another way', () => {
  const points = { points: [{ id: 1, vector: text('a cat') }] };

  it.each([
    (name: string) => `/collections/${name}/points/`,
    (name: string) => `//collections/${name}//points`,
    (name: string) => `/%63ollections/${name}/%70oints`,
  ])('has its texts embedded all the same: %s', async (path) => {
    await using on = await startScene();
    const put = await fetch(`${on.url}${path(on.alias)}?wait=true`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(points),
    });
    expect([put.status, put.headers.get('reembed-collection')]).toEqual([200, on.collection]);
  });

  it.each<[string, (body: string) => string | Uint8Array<ArrayBuffer>]>([
    ['gzip', (body) => new Uint8Array(gzipSync(body))],
    ['identity', (body) => body],
  ])('so has a body in %s', async (encoding, encode) => {
    await using on = await startScene();
    const put = await fetch(`${on.url}/collections/${on.alias}/points?wait=true`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      body: encode(JSON.stringify(points)),
    });
    expect([put.status, put.headers.get('reembed-collection')]).toEqual([200, on.collection]);
  });
});

it('a collection may have a name of any letters: its header spells it as addresses do', async () => {
  await using on = await startScene();
  const name = on.qdrant.collectionName('документы и письма');
  const metadata = { reembed: { vectors: { '': { model: 'hash/64', dimensions: 64, text: '{{body}}' } } } };
  await on.collections.create(name, { vectors: { size: 64, distance: 'Cosine' }, metadata });
  const found = await post(`${on.url}/collections/${encodeURIComponent(name)}/points/query`, { query: text('a cat') });
  const embedded = await post(`${on.url}/v1/embeddings`, { model: name, input: 'a cat' });
  for (const answer of [found, embedded]) {
    expect(answer.status).toBe(200);
    expect(decodeURIComponent(answer.headers.get('reembed-collection') ?? '')).toBe(name);
  }
});

it('a client that goes ends what is asked for it, and is no fault', async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  const waits = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const send = async ({ signal }: { readonly signal?: AbortSignal | undefined }): Promise<never> => {
    waits.resolve();
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    ended.resolve(signal?.reason);
    throw signal?.reason;
  };
  const metrics = createMetrics('gateway');
  const parts = { live: { send }, forwarder: { send, relay: send, close: async () => {} }, token: undefined, metrics, log };
  const server = buildGateway({ ...parts, places: {} as GatewayParts['places'], texts: {} as GatewayParts['texts'] });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new AbortController();
  const asked = fetch(`${url}/collections`, { signal: client.signal });
  await waits.promise;
  client.abort();
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  expect(await ended.promise).toMatchObject({ message: 'the client has gone' });
  await server.close();
  expect(lines.filter((line) => line.includes('request failed'))).toEqual([]);
  expect((await metrics.read()).text).toContain('reembed_gateway_request_seconds_count{kind="passed-on",status="gone"} 1');
});
