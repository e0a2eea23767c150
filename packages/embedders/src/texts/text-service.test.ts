import { createServer } from 'node:http';
import type { PointId } from '@reembed/contracts';
import { startStubTextService, type TextServiceFault } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { readAnswer } from './read-fields.ts';
import { textSourceConfigSchema } from './text-service.ts';
import { createTextSources } from './text-sources.ts';

const big: PointId = { kind: 'integer', id: '18446744073709551615' };
const uuid: PointId = { kind: 'uuid', id: '5c56c793-69f3-4fbf-87e6-c4bf54c28c26' };
const has: Record<string, unknown> = { [big.id]: 'of a large id', [uuid.id]: { title: 'a "title"', n: 1 } };

async function service(change: object = {}, env: Record<string, string> = {}) {
  const stub = await startStubTextService((id) => has[id]);
  const entry = textSourceConfigSchema.parse({ url: stub.url, requestTimeoutMs: 300, ...change });
  const sources = createTextSources({ config: { models: {}, textSources: [entry] }, env, filesDir: '.' });
  return {
    stub,
    read: (ids: readonly PointId[] = [big], signal?: AbortSignal) => sources.read({ url: stub.url }, ids, signal),
    [Symbol.asyncDispose]: () => stub[Symbol.asyncDispose](),
  };
}

describe('a text service', () => {
  it('is posted ids as strings, and answers with a text or with fields', async () => {
    await using on = await service();
    const found = await on.read([big, uuid, { kind: 'integer', id: '7' }]);
    expect(on.stub.log[0]?.ids).toEqual([big.id, uuid.id, '7']);
    expect(Object.fromEntries(found)).toEqual({
      [big.id]: '{"text":"of a large id"}',
      [`"${uuid.id}"`]: '{"title":"a \\"title\\"","n":1}',
    });
  });

  it.each<[string, TextServiceFault, string, RegExp]>([
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '2' } }, 'text-source-rate-limited', /answered 429/],
    ['503', { kind: 'status', status: 503 }, 'text-source-unreachable', /answered 503/],
    ['silence', { kind: 'hung' }, 'text-source-unreachable', /no answer within 300 ms/],
    ['silence in the middle', { kind: 'hung', after: 'body' }, 'text-source-unreachable', /no answer within 300 ms/],
    ['a lost connection', { kind: 'dropped' }, 'text-source-unreachable', /could not be reached/],
    ['401', { kind: 'status', status: 401 }, 'text-source-unauthorized', /textSources in reembed.config.yaml/],
    ['404', { kind: 'status', status: 404, body: 'no such tenant' }, 'text-source-refused', /it says: “no such tenant”; mend/],
    [
      'a redirect',
      { kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:1/' } },
      'text-source-refused',
      /redirects are not/,
    ],
    ['a page', { kind: 'answer', body: '<html>Sign in</html>' }, 'text-source-bad-reply', /did not answer with/],
    ['no texts', { kind: 'answer', body: '{"text": {}}' }, 'text-source-bad-reply', /did not answer with/],
    ['a list', { kind: 'answer', body: '{"texts": []}' }, 'text-source-bad-reply', /did not answer with/],
    ['a number for a text', { kind: 'answer', body: `{"texts": {"${big.id}": 7}}` }, 'text-source-bad-reply', /did not answer with/],
  ])('that answers with %s is told apart', async (_, fault, code, message) => {
    await using on = await service();
    on.stub.script(fault);
    await expect(on.read()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('may not answer with more than a process can hold', async () => {
    await using on = await service({ requestTimeoutMs: 60_000 });
    on.stub.script({ kind: 'answer', body: `{"texts": {"${big.id}": "${'x'.repeat(65 << 20)}"}}` });
    await expect(on.read()).rejects.toMatchObject({
      code: 'text-source-refused',
      message: expect.stringContaining('lower copy.pagePoints'),
    });
  });

  it('says how long to wait', async () => {
    await using on = await service();
    on.stub.script({ kind: 'status', status: 429, headers: { 'retry-after': '2' } });
    await expect(on.read()).rejects.toMatchObject({ retryAfterMs: 2_000 });
  });

  it('gets the key of its entry, in the header of its entry, and no message has it', async () => {
    const env = { TEXTS_KEY: ' key-of-the-texts \n' };
    await using plain = await service({ apiKeyEnv: 'TEXTS_KEY' }, env);
    await plain.read();
    expect(plain.stub.log[0]?.headers.authorization).toBe('Bearer key-of-the-texts');
    await using named = await service({ apiKeyEnv: 'TEXTS_KEY', header: 'X-Api-Key' }, env);
    named.stub.script({ kind: 'status', status: 403, body: 'key-of-the-texts is not known' });
    const refused = await named.read().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'text-source-unauthorized', message: expect.stringContaining('check the key in TEXTS_KEY') });
    expect(String(refused)).not.toContain('key-of-the-texts');
    expect(named.stub.log[0]?.headers).toMatchObject({ 'x-api-key': 'key-of-the-texts' });
    expect(named.stub.log[0]?.headers).not.toHaveProperty('authorization');
  });

  it('is not asked without the key it wants', async () => {
    await using on = await service({ apiKeyEnv: 'TEXTS_KEY' });
    await expect(on.read()).rejects.toMatchObject({
      code: 'text-source-unauthorized',
      message: expect.stringContaining('TEXTS_KEY is not set'),
    });
    expect(on.stub.log).toEqual([]);
  });

  it('that nobody listens at is not reached', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const reach = { hosts: ['127.0.0.1'], hubModels: [] };
    const sources = createTextSources({ config: { models: {}, reach }, env: {}, filesDir: '.' });
    await expect(sources.read({ url: `http://127.0.0.1:${port}/?token=secret-of-mine` }, [big])).rejects.toMatchObject({
      code: 'text-source-unreachable',
      message: `the text service at 127.0.0.1:${port} could not be reached (ECONNREFUSED): check the address and the network`,
    });
  });

  it('that the configuration does not allow is not asked', async () => {
    await using on = await service();
    const sources = createTextSources({ config: { models: {} }, env: {}, filesDir: '.' });
    await expect(sources.read({ url: on.stub.url }, [big])).rejects.toMatchObject({ code: 'address-not-allowed' });
    expect(on.stub.log).toEqual([]);
  });

  it('is let go when the range ends', async () => {
    await using on = await service({ requestTimeoutMs: 60_000 });
    on.stub.script({ kind: 'hung' });
    const stop = new AbortController();
    const read = on.read([big], stop.signal);
    stop.abort(new Error('the range is lost'));
    await expect(read).rejects.toThrow('the range is lost');
  });
});

describe('an answer', () => {
  it('keeps what it has as it is spelled, and null is nothing', () => {
    const answer = `{"took": 1, "texts": { "${big.id}" : {"n": 1.0, "m": 9007199254740993}, "${uuid.id}": null } }`;
    expect(readAnswer(answer, [big, uuid])).toEqual(new Map([[big.id, '{"n": 1.0, "m": 9007199254740993}']]));
  });
});
