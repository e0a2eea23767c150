import { startStubProvider } from '@reembed/testkit';
import { expect, it, vi } from 'vitest';
import { startScene } from './gateway.fixture.ts';

const text = (words: string) => ({ text: words, model: 'auto' });
const send = (method: string, url: string, body: object) =>
  fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** A collection made by a model of a provider, and its successor that needs none, with the same three points. */
async function startBoth() {
  const provider = await startStubProvider({ dimensions: 64 });
  const on = await startScene({
    env: { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: provider.openAiBaseUrl },
    vectors: { '': { model: 'openai/text-embedding-3-small', dimensions: 64, text: '{{body}}' } },
    settings: { embedTimeoutMs: '1000' },
  });
  const next = on.qdrant.collectionName('docs_v2');
  const vectors = { '': { model: 'hash/64', dimensions: 64, text: '{{body}}' } };
  await on.collections.create(next, { vectors: { size: 64, distance: 'Cosine' }, metadata: { reembed: { vectors } } });
  const write = (name: string, id: number, words: string) =>
    send('PUT', `${on.url}/collections/${name}/points?wait=true`, { points: [{ id, vector: text(words), payload: { body: words } }] });
  const search = (name: string, query: unknown) => send('POST', `${on.url}/collections/${name}/points/query`, { query, limit: 1 });
  const embed = (name: string) => send('POST', `${on.url}/v1/embeddings`, { model: name, input: 'a cat' });
  // Its limit of a second is for a model that is away; on a busy machine one that is there may miss it, too.
  const written = (name: string, id: number) =>
    vi.waitFor(async () => expect((await write(name, id, `text ${id}`)).status).toBe(200), 30_000);
  for (const name of [on.collection, next]) for (const id of [1, 2, 3]) await written(name, id);
  return {
    ...{ provider, next, write, search, embed, alias: on.alias, old: on.collection },
    switch: () => on.collections.pointAlias(on.alias, next),
    [Symbol.asyncDispose]: async () => {
      await on[Symbol.asyncDispose]();
      await provider.close();
    },
  };
}

it('once the alias is at the new model, nothing that applications ask wants the old one any more', async () => {
  await using on = await startBoth();
  await on.switch();
  await on.provider.close();
  const answers = [await on.search(on.alias, text('text 2')), await on.write(on.alias, 4, 'text 4'), await on.embed(on.alias)];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(answers.map(({ headers }) => headers.get('reembed-collection'))).toEqual([on.next, on.next, on.next]);
});

it('whoever asks the old collection by a text is told which model is away, and all else of it is answered', async () => {
  await using on = await startBoth();
  await on.switch();
  await on.provider.close();
  for (const answer of [await on.search(on.old, text('text never asked')), await on.write(on.old, 4, 'text 4'), await on.embed(on.old)]) {
    expect(answer.status).toBeGreaterThanOrEqual(502);
    expect(await answer.text()).toMatch(/openai|text-embedding-3-small/);
  }
  const vector = Array.from({ length: 64 }, (_, at) => (at === 0 ? 1 : 0));
  expect([(await on.search(on.old, vector)).status, (await on.search(on.old, 2)).status]).toEqual([200, 200]);
});
