import { afterEach, beforeEach, expect, it } from 'vitest';
import { requestsInsideRetryAfter, type StubProvider, type StubRequest, startStubProvider, stubVector } from './stub-provider.ts';

let provider: StubProvider;
beforeEach(async () => {
  provider = await startStubProvider({ dimensions: 4 });
});
afterEach(() => provider.close());

async function post(path: string, body: object): Promise<{ status: number; retryAfter: string | null; json: unknown }> {
  const response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), json: await response.json() };
}

const embedAsOpenAi = (...input: string[]) => post(`${provider.openAiBaseUrl}/embeddings`, { model: 'm', input });

it('gives a text the same unit vector every time, and another model another one', async () => {
  const { json } = await embedAsOpenAi('a', 'b');
  expect(json).toMatchObject({ data: [{ index: 0, embedding: stubVector('m', '', 'a', 4) }, { index: 1 }], usage: { total_tokens: 2 } });
  expect(Math.hypot(...stubVector('m', '', 'a', 300))).toBeCloseTo(1, 6);
  expect(stubVector('m', '', 'a', 4)).not.toEqual(stubVector('n', '', 'a', 4));
});

it('tells documents from queries at the endpoint of Cohere', async () => {
  const embed = (input_type: string) => post(`${provider.cohereBaseUrl}/v2/embed`, { model: 'm', texts: ['a'], input_type });
  expect((await embed('search_query')).json).toMatchObject({ embeddings: { float: [stubVector('m', 'search_query', 'a', 4)] } });
  expect((await embed('search_query')).json).not.toEqual((await embed('search_document')).json);
});

it('meets scripted faults in turn, then standing ones, and logs what it answered', async () => {
  provider.script({ kind: 'status', status: 500 });
  provider.always({ kind: 'rate-limited', retryAfter: '1' });
  expect((await embedAsOpenAi('a')).status).toBe(500);
  expect(await embedAsOpenAi('a', 'b')).toMatchObject({ status: 429, retryAfter: '1' });
  provider.always(null);
  expect((await embedAsOpenAi('a')).status).toBe(200);
  expect(provider.log.map(({ status, texts, retryAfterMs }) => [status, texts.length, retryAfterMs])).toEqual([
    [500, 1, null],
    [429, 2, 1000],
    [200, 1, null],
  ]);
});

it('answers 429 for as long as it was told to, with the seconds that remain', async () => {
  provider.rateLimitFor(60_000);
  expect(await embedAsOpenAi('a')).toMatchObject({ status: 429, retryAfter: '60' });
  provider.rateLimitFor(0);
  expect((await embedAsOpenAi('a')).status).toBe(200);
});

it('finds the requests that came although they had been asked to wait', () => {
  const at = (arrivedAt: number, answeredAt: number | null, retryAfterMs: number | null = null): StubRequest => ({
    endpoint: 'openai',
    arrivedAt,
    answeredAt,
    retryAfterMs,
    texts: [],
    status: null,
    body: {},
    authorization: null,
    headers: {},
    query: {},
  });
  // In flight when the first 429 was sent: no sin. Inside its window: one. After it: none.
  const log = [at(0, 10, 1000), at(5, 20), at(500, 510), at(1011, 1020)];
  expect(requestsInsideRetryAfter(log)).toEqual([log[2]]);
});
