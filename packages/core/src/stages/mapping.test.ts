import { createHash } from 'node:crypto';
import type { SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import type { PointText } from '../domain/point.ts';
import { changesOf, isRefused } from '../domain/spec-changes.ts';
import { makePlan } from '../plan/make-plan.ts';
import { buildSpec, startFleet } from './fleet.fixture.ts';

const doc = (n: number, payload: object): PointText => ({
  id: { kind: 'integer', id: String(n) },
  payload: JSON.stringify(payload),
  vectors: { '': '[1.0,0.0]' },
});
const docs = (count: number) => Array.from({ length: count }, (_, n) => doc(n + 1, { body: `text ${n + 1}`, secret: 's', stars: n }));
const mapped = (payload: SpecInput['target']['payload'], hashField: string | null = null) =>
  buildSpec({ target: { collection: 'docs_v2', alias: 'docs', payload }, sync: { hashField } });
const sha = (text: string) => createHash('sha256').update(text).digest('hex');

const renamed = mapped({ exclude: ['secret'], rename: { body: 'text' } });
const hashed = mapped({ include: ['stars'] }, 'text_sha256');

async function ready(spec: ReturnType<typeof buildSpec>, points = docs(7)) {
  const on = await startFleet({ points });
  await on.submit(spec);
  await on.settle();
  expect((await on.load()).phase).toBe('ready');
  const target = (id: number) => on.stores.pointsOf('docs_v2').find((point) => point.id.id === String(id));
  return { ...on, target, texts: async () => (await on.state.ranges.spent('m1')).texts };
}

async function blockers(spec: ReturnType<typeof buildSpec>, points = docs(3)) {
  const { deps } = await startFleet({ points });
  return (await makePlan(deps, spec)).plan.blockers;
}

describe('a mapped payload', () => {
  it('is written, compared and found equal; the template reads the source', async () => {
    const on = await ready(renamed);
    expect(on.target(3)?.payload).toBe('{"text":"text 3","stars":2}');
    expect(on.target(3)?.vectors.new).toBeDefined();
    expect((await on.load()).verification).toMatchObject({ findings: [] });
  });

  it('follows changes, embeds again only what reads differently under its new name, and passes over dropped fields', async () => {
    const on = await ready(renamed);
    const [texts, before] = [await on.texts(), on.target(3)];
    on.stores.put('docs_v1', [doc(2, { body: 'text 2', secret: 'new', stars: 1 }), doc(3, { body: 'text 3', secret: 's', stars: 9 })]);
    const acts = on.stores.acts.length;
    await on.follow();
    expect(on.target(3)).toMatchObject({ payload: '{"text":"text 3","stars":9}', vectors: before?.vectors });
    expect(on.stores.acts.slice(acts).filter((act) => act.startsWith('updateOnly'))).toEqual([expect.stringMatching(/ 3$/)]);
    expect(await on.texts()).toBe(texts);
    on.stores.put('docs_v1', [doc(3, { body: 'another', secret: 's', stars: 9 })]);
    await on.follow();
    expect(on.target(3)?.vectors.new).not.toBe(before?.vectors.new);
    expect(await on.texts()).toBe(texts + 1);
  });

  it('takes its indexes along under their new names, and leaves those of dropped fields behind', async () => {
    const on = await startFleet({ points: docs(2) });
    const tenant = { type: 'keyword', is_tenant: true };
    await on.stores.collections.createPayloadIndex('docs_v1', 'body', tenant);
    await on.stores.collections.createPayloadIndex('docs_v1', 'secret', 'keyword');
    await on.submit(renamed);
    await on.settle();
    expect((await on.stores.collections.describe('docs_v2'))?.payloadSchema).toEqual({ text: tenant });
  });

  it('sets a point aside whose payload would have a field twice, and takes its stale copy away', async () => {
    const on = await ready(renamed);
    on.stores.put('docs_v1', [doc(4, { body: 'text 4', text: 'there already' })]);
    await on.follow();
    expect(on.target(4)).toBeUndefined();
    const { entries } = await on.state.setAside.page('m1', null, 10);
    expect(entries).toMatchObject([{ id: { id: '4' }, code: 'payload-conflict', reason: expect.stringContaining('"text" twice') }]);
    on.stores.put('docs_v1', [doc(4, { body: 'text 4' })]);
    await on.follow();
    expect(on.target(4)?.payload).toBe('{"text":"text 4"}');
  });

  it('is other work than with another mapping or another hash field', () => {
    expect(changesOf(renamed, mapped({ exclude: ['secret'] })).filter(isRefused)).not.toEqual([]);
    expect(changesOf(renamed, mapped({ exclude: ['secret'], rename: { body: 'text' } }, 'h')).filter(isRefused)).not.toEqual([]);
  });
});

describe('the hash of a text', () => {
  it('is stored where the text is not, and finds a vector that has become stale', async () => {
    const on = await ready(hashed);
    expect(on.target(3)?.payload).toBe(`{"stars":2,"text_sha256":"${sha('text 3')}"}`);
    const [texts, before] = [await on.texts(), on.target(3)?.vectors.new];
    on.stores.put('docs_v1', [doc(3, { body: 'another', stars: 2 })]);
    await on.follow();
    expect(on.target(3)?.payload).toBe(`{"stars":2,"text_sha256":"${sha('another')}"}`);
    expect(on.target(3)?.vectors.new).not.toBe(before);
    expect(await on.texts()).toBe(texts + 1);
  });

  it('pays nothing for a changed payload whose text stayed the same', async () => {
    const on = await ready(hashed);
    const texts = await on.texts();
    on.stores.put('docs_v1', [doc(3, { body: 'text 3', stars: 99 })]);
    await on.follow();
    expect(on.target(3)?.payload).toContain('"stars":99');
    expect(await on.texts()).toBe(texts);
  });
});

describe('a plan refuses', () => {
  it('a mapping that drops what a template reads, unless a hash is stored', async () => {
    expect(await blockers(mapped({ include: ['stars'] }))).toMatchObject([
      { field: 'target.payload', message: expect.stringMatching(/drops "body".*sync\.hashField/) },
    ]);
    expect(await blockers(hashed)).toEqual([]);
  });

  it('a new name, and a hash field, that a payload has already', async () => {
    expect(await blockers(mapped({ rename: { body: 'stars' } }))).toMatchObject([{ field: 'target.payload.rename' }]);
    expect(await blockers(mapped({}, 'stars'))).toMatchObject([{ field: 'sync.hashField', value: 'stars' }]);
    expect(await blockers(mapped({ exclude: ['stars'] }, 'stars'))).toEqual([]);
  });

  it('a hash where nothing is made of text', async () => {
    const spec = buildSpec({ vectors: { '': { keep: '' } }, sync: { hashField: 'h' } });
    expect(await blockers(spec)).toMatchObject([{ field: 'sync.hashField', value: 'h' }]);
  });
});
