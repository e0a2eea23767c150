import { expect, it } from 'vitest';
import { new_, old, roundly, startScene, vectorOf } from './scene.fixture.ts';

const text = (words: string, model = 'auto') => ({ text: words, model });
const body = (words: string) => ({ points: [{ id: 1, vector: text(words), payload: { body: words } }] });

it('a text becomes a vector of the model that made the collection behind the alias, as a document and as a query', async () => {
  await using on = await startScene();
  expect((await on.ask('PUT', '/points', body('the cat'))).status).toBe(200);
  expect(await on.stored(on.v1)).toEqual({ 1: { payload: { body: 'the cat' }, vector: roundly(vectorOf[old]?.('the cat') ?? null) } });
  const found = await on.ask('POST', '/points/query', { query: text('the cat'), limit: 1 });
  expect(found).toMatchObject({ status: 200, collection: on.v1, said: { result: { points: [{ id: 1 }] } } });
  expect(on.embedders[old]?.requests.flat()).toEqual(['the cat', 'the cat']);
});

it('the moment the alias moves, queries are of the other model', async () => {
  await using on = await startScene();
  await on.fly('observing');
  await on.collections.pointAlias(on.alias, on.v2);
  expect((await on.ask('POST', '/points/query', { query: text('the cat') })).collection).toBe(on.v2);
  expect(on.embedders[old]?.requests).toEqual([]);
});

it('a query that was embedded before the alias moved asks the collection that it was embedded for', async () => {
  await using on = await startScene();
  await on.ask('PUT', '/points', body('the cat'));
  await on.fly('observing');
  on.interference.before = async () => {
    on.interference.before = undefined;
    await on.collections.pointAlias(on.alias, on.v2);
  };
  const found = await on.ask('POST', '/points/query', { query: text('the cat'), limit: 1 });
  expect(found).toMatchObject({ status: 200, collection: on.v1 });
  expect(found.said.result.points.map(({ id }) => id)).toEqual([1]);
});

it('and is asked anew of the new one where the old one was deleted meanwhile', async () => {
  await using on = await startScene();
  await on.fly('observing');
  on.interference.before = async () => {
    on.interference.before = undefined;
    await on.collections.pointAlias(on.alias, on.v2);
    await on.collections.drop(on.v1);
  };
  const found = await on.ask('POST', '/points/query', { query: text('the cat') });
  expect(found).toMatchObject({ status: 200, collection: on.v2 });
  expect([on.embedders[old]?.requests.flat(), on.embedders[new_]?.requests.flat()]).toEqual([['the cat'], ['the cat']]);
});

it('a collection that is not there is answered as the server answers', async () => {
  await using on = await startScene();
  expect((await on.ask('POST', '/points/query', { query: [1, 2, 3, 4] }, 'nothing')).status).toBe(404);
  expect((await on.ask('POST', '/points/query', { query: text('the cat') }, 'nothing')).status).toBe(404);
  expect((await on.ask('PUT', '/points', body('the cat'), 'nothing')).status).toBe(404);
  expect((await on.ask('POST', '/points/query', { query: text('the cat', 'some/model') }, 'nothing')).status).toBe(404);
});

it('a query is embedded once, and again for another model', async () => {
  await using on = await startScene();
  for (let times = 0; times < 3; times++) await on.ask('POST', '/points/query', { query: text('the cat') });
  await on.fly('observing');
  await on.collections.pointAlias(on.alias, on.v2);
  for (let times = 0; times < 3; times++) await on.ask('POST', '/points/query', { query: text('the cat') });
  expect([on.embedders[old]?.requests.length, on.embedders[new_]?.requests.length]).toEqual([1, 1]);
});

it('a model that is named has to be the one that made the vectors', async () => {
  await using on = await startScene();
  expect((await on.ask('POST', '/points/query', { query: text('the cat', old) })).status).toBe(200);
  await expect(on.ask('POST', '/points/query', { query: text('the cat', new_) })).rejects.toMatchObject({
    code: 'invalid-request',
    message: expect.stringContaining(`names the model ${new_}, and ${old} made the vector ""`),
  });
});

it('a document that is longer than the model reads is refused, and a query is shortened', async () => {
  await using on = await startScene();
  Object.assign(on.embedders[old]?.limits ?? {}, { maxInputTokens: 2 });
  await expect(on.ask('PUT', '/points', body('far too many words'))).rejects.toMatchObject({ code: 'text-too-long' });
  expect((await on.ask('POST', '/points/query', { query: text('far too many words') })).status).toBe(200);
  expect(await on.stored(on.v1)).toEqual({});
});

it('what holds no text is sent to the name that it names, as it came', async () => {
  await using on = await startScene();
  const paths: string[] = [];
  on.interference.before = async (path) => void paths.push(path);
  await on.ask('POST', '/points/query', { query: [1, 0, 0, 0] });
  await on.ask('PUT', '/points', { points: [{ id: 1, vector: [1, 0, 0, 0] }] });
  expect(paths).toEqual([`/collections/${on.alias}/points/query`, `/collections/${on.alias}/points?wait=true`]);
});

it('a vector that bears a name of the language is as unknown as any other', async () => {
  await using on = await startScene();
  await expect(on.ask('POST', '/points/query', { query: text('the cat'), using: 'constructor' })).rejects.toMatchObject({
    code: 'invalid-request',
    message: expect.stringContaining('nothing says what made the vector "constructor"'),
  });
});

it('a body that is nested deeper than can be followed is for the server to refuse', async () => {
  await using on = await startScene();
  const send = (method: string, rest: string, body: string) =>
    on.live.send({ method, name: on.alias, rest, query: '', headers: { 'content-type': 'application/json' }, body: Buffer.from(body) });
  const deep = `${'['.repeat(20_000)}{"text":"a","model":"auto"}${']'.repeat(20_000)}`;
  expect((await send('POST', '/points/query', `{"query":${deep}}`)).status).toBe(400);
});

it('options of a text are refused by name, where they are not those that made the vectors', async () => {
  await using on = await startScene();
  const asked = on.ask('POST', '/points/query', { query: { ...text('the cat'), options: { language: 'german' } } });
  await expect(asked).rejects.toMatchObject({ code: 'invalid-request', message: expect.stringContaining('leave options out') });
  expect((await on.ask('POST', '/points/query', { query: { ...text('the cat'), options: {} } })).status).toBe(200);
});

it('a body without a text is not even read as JSON: it is for the server to refuse', async () => {
  await using on = await startScene();
  const body = Buffer.from('{"query": [1, 0, 0');
  const request = {
    method: 'POST',
    name: on.alias,
    rest: '/points/query',
    query: '',
    headers: { 'content-type': 'application/json' },
    body,
  };
  expect((await on.live.send(request)).status).toBe(400);
});
