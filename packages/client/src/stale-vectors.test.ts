import { describe, expect, it } from 'vitest';
import type { Operation } from './operations.ts';
import { startScene } from './scene.fixture.ts';
import { staleVectors } from './stale-vectors.ts';

const origins = {
  '': { model: 'a/b', dimensions: 4, text: '{{body}}' },
  title: { model: 'a/b', dimensions: 4, text: 'Title: {{meta.title}}' },
  kept: { model: 'a/b', dimensions: 4, text: '' },
};

describe('vectors that an edit of payloads leaves of the text before it', () => {
  it.each<[string, Operation, object, string[]]>([
    ['a field that a template reads', 'set_payload', { payload: { body: 'x' }, points: [1] }, ['']],
    ['one that none reads', 'set_payload', { payload: { lang: 'en', bodyguard: 1 }, points: [1] }, []],
    ['a field within one', 'set_payload', { payload: { title: 'x' }, key: 'meta', points: [1] }, ['title']],
    ['a path', 'set_payload', { payload: { x: 1 }, key: 'meta.title', filter: {} }, ['title']],
    ['a name with a dot in it', 'set_payload', { payload: { x: 1 }, key: '"meta.title"', filter: {} }, []],
    ['the whole payload', 'overwrite_payload', { payload: { lang: 'en' }, points: [1] }, ['', 'title']],
    ['what is deleted', 'delete_payload', { keys: ['lang', 'meta[0].title'], points: [1] }, ['title']],
    ['all that is cleared', 'clear_payload', { points: [1] }, ['', 'title']],
    ['an upsert, which brings its vectors', 'upsert', { points: [{ id: 1, payload: { body: 'x' } }] }, []],
    [
      'a batch of edits',
      'batch',
      { operations: [{ set_payload: { payload: { body: 'x' }, points: [1] } }, { clear_payload: { points: [] } }] },
      ['', 'title'],
    ],
    [
      'a batch that brings vectors',
      'batch',
      { operations: [{ set_payload: { payload: { body: 'x' } } }, { update_vectors: { points: [] } }] },
      [],
    ],
  ])('are told by %s', (_, operation, body, stale) => {
    expect(staleVectors(origins, operation, JSON.stringify(body))).toEqual(stale);
  });

  it.each(['', '[', '{"payload": {"body"', '{"operations": [7]}', '[]'])('are none where the server has to refuse it: %s', (body) => {
    for (const operation of ['set_payload', 'delete_payload', 'batch'] as const) expect(staleVectors(origins, operation, body)).toEqual([]);
  });

  it('are told with the answer, once the edit is done, and never with an upsert of the text', async () => {
    await using on = await startScene();
    const put = await on.send('PUT', '/points', {
      points: [{ id: 1, vector: { text: 'the cat', model: 'auto' }, payload: { body: 'the cat' } }],
    });
    expect([put.status, put.stale]).toEqual([200, undefined]);
    const edit = (payload: object) => on.send('POST', '/points/payload', { payload, points: [1] });
    expect([(await edit({ body: 'a dog' })).stale, (await edit({ lang: 'en' })).stale]).toEqual([[''], undefined]);
    expect((await on.send('POST', '/points/payload', { payload: 7, points: [1] })).stale).toBeUndefined();
  });

  it('fail no edit that is done because nobody can say what it left stale', async () => {
    await using on = await startScene();
    await on.send('PUT', '/points', { points: [{ id: 1, vector: [1, 2, 3, 4], payload: { body: 'the cat' } }] });
    const { findLately } = on.places;
    on.interference.after = async () => {
      Object.assign(on.places, { findLately: () => Promise.reject(new Error('away')) });
    };
    const edited = await on.send('POST', '/points/payload', { payload: { body: 'a dog' }, points: [1] });
    Object.assign(on.places, { findLately });
    expect([edited.status, edited.stale]).toEqual([200, undefined]);
  });
});
