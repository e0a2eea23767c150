import { auditCollection, type Spec, type SpecInput } from '@reembed/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { createSource, somePoints } from '../support/source-collection.ts';

/** What stands around: a source behind an alias, and things that are in the way. Every row gets fresh names for its target. */
type Scene = {
  readonly source: string;
  readonly alias: string;
  readonly target: string;
  readonly empty: string;
  readonly full: string;
  readonly taken: string;
};

type Row = {
  readonly what: string;
  readonly spec: (good: SpecInput, scene: Scene) => unknown;
  readonly code: 'invalid-spec' | 'plan-blocked';
  readonly field: string;
  readonly value?: (scene: Scene) => unknown;
  /** The way out, in the message. */
  readonly says: (string | RegExp)[];
};

const text = '{{title}}';
const embed = { model: 'hash/64', text };
const withVector = (good: SpecInput, vector: object) => ({ ...good, vectors: { new: vector } });
const withTarget = (good: SpecInput, target: object) => ({ ...good, target: { ...good.target, ...target } });

const rows: readonly Row[] = [
  {
    what: 'an unknown key',
    spec: (good) => ({ ...good, vektors: {} }),
    code: 'invalid-spec',
    field: 'vektors',
    value: () => ({}),
    says: ['not a known field', 'spelling'],
  },
  {
    what: 'an unknown key further in',
    spec: (good) => withTarget(good, { alais: 'docs' }),
    code: 'invalid-spec',
    field: 'target.alais',
    value: () => 'docs',
    says: ['spelling'],
  },
  {
    what: 'two recipes for one vector',
    spec: (good) => withVector(good, { embed, keep: '' }),
    code: 'invalid-spec',
    field: 'vectors.new',
    says: ['exactly one recipe'],
  },
  {
    what: 'an unknown model',
    spec: (good) => withVector(good, { embed: { ...embed, model: 'nobody/knows-me' } }),
    code: 'plan-blocked',
    field: 'vectors."new".embed.model',
    value: () => 'nobody/knows-me',
    says: ['not a known model', 'openai/text-embedding-3-small', 'reembed.config.yaml'],
  },
  {
    what: 'a template whose field is in no sampled point',
    spec: (good) => withVector(good, { embed: { ...embed, text: '{{title}} {{headline}}' } }),
    code: 'plan-blocked',
    field: 'vectors."new".embed.text',
    value: () => '{{title}} {{headline}}',
    says: ['"headline"', /they have: .*title/],
  },
  {
    what: 'a template that names no field',
    spec: (good) => withVector(good, { embed: { ...embed, text: 'title' } }),
    code: 'invalid-spec',
    field: 'vectors.new.embed.text',
    value: () => 'title',
    says: ['{{field}}'],
  },
  {
    what: 'dimensions the model cannot give',
    spec: (good) => withVector(good, { embed: { ...embed, model: 'openai/text-embedding-3-small', dimensions: 4_000 } }),
    code: 'plan-blocked',
    field: 'vectors."new".embed.dimensions',
    value: () => 4_000,
    says: ['at most 1536'],
  },
  {
    what: 'a foreign target with points',
    spec: (good, { full }) => withTarget(good, { collection: full }),
    code: 'plan-blocked',
    field: 'target.collection',
    value: ({ full }) => full,
    says: ['5 points', 'not made by reembed', 'choose another name'],
  },
  {
    what: 'a foreign target that is empty',
    spec: (good, { empty }) => withTarget(good, { collection: empty }),
    code: 'plan-blocked',
    field: 'target.collection',
    value: ({ empty }) => empty,
    says: ['0 points', 'not made by reembed', 'choose another name'],
  },
  {
    what: 'a target that is its own alias',
    spec: (good, { target }) => withTarget(good, { alias: target }),
    code: 'invalid-spec',
    field: 'target.alias',
    value: ({ target }) => target,
    says: ['a name of its own'],
  },
  {
    what: 'a target that is an alias already',
    spec: (good, { alias }) => withTarget(good, { collection: alias, alias: null }),
    code: 'plan-blocked',
    field: 'target.collection',
    value: ({ alias }) => alias,
    says: ['is an alias', 'choose another'],
  },
  {
    what: 'a target that is the source',
    spec: (good, { source }) => withTarget(good, { collection: source }),
    code: 'plan-blocked',
    field: 'target.collection',
    value: ({ source }) => source,
    says: ['the source itself'],
  },
  {
    what: "somebody else's next alias",
    spec: (good, { taken }) => withTarget(good, { alias: taken }),
    code: 'plan-blocked',
    field: 'target.alias',
    value: ({ taken }) => taken,
    says: ['.next" exists', 'another migration may be under way', 'delete that alias'],
  },
  {
    what: "an alias that is a collection's own name",
    spec: (good, { source }) => withTarget(good, { alias: source }),
    code: 'plan-blocked',
    field: 'target.alias',
    value: ({ source }) => source,
    says: ['readers use the collection directly', 'reembed alias create'],
  },
  {
    what: 'an alias that points elsewhere',
    spec: (good, { full }) => ({ ...good, source: { collection: full } }),
    code: 'plan-blocked',
    field: 'target.alias',
    value: ({ alias }) => alias,
    says: ['not at the source'],
  },
  {
    what: 'a source that is not there',
    spec: (good) => ({ ...good, source: { collection: 'nowhere' } }),
    code: 'plan-blocked',
    field: 'source.collection',
    value: () => 'nowhere',
    says: ['no collection or alias has this name'],
  },
  {
    what: 'a vector to keep that the source does not have',
    spec: (good) => withVector(good, { keep: 'small' }),
    code: 'plan-blocked',
    field: 'vectors."new".keep',
    value: () => 'small',
    says: ['no such vector', '"" (unnamed)'],
  },
  {
    what: 'a cut of vectors that nobody knows the model of',
    spec: (good) => withVector(good, { truncate: { vector: '', dimensions: 2 } }),
    code: 'plan-blocked',
    field: 'vectors."new".truncate.dimensions',
    says: ['source.vectors'],
  },
  {
    what: 'an adapter outside of its directory',
    spec: (good) => withVector(good, { project: { vector: '', adapter: './a.json' } }),
    code: 'invalid-spec',
    field: 'vectors.new.project.adapter',
    value: () => './a.json',
    says: ['by its name alone'],
  },
  {
    what: 'a filter that Qdrant refuses',
    spec: (good) => ({ ...good, source: { ...good.source, filter: { must: [{ key: 'title', mach: { value: 1 } }] } } }),
    code: 'plan-blocked',
    field: 'source.filter',
    value: () => ({ must: [{ key: 'title', mach: { value: 1 } }] }),
    says: ['Qdrant refuses this filter', 'condition'],
  },
  {
    what: 'in place, in another collection than the source',
    spec: (good) => withTarget(good, { inPlace: true, alias: null }),
    code: 'plan-blocked',
    field: 'target.collection',
    value: ({ target }) => target,
    says: ['is not the source', 'leave target.inPlace out'],
  },
  {
    what: 'a mapping that drops what the template reads',
    spec: (good) => withTarget(good, { payload: { exclude: ['title'] } }),
    code: 'plan-blocked',
    field: 'target.payload',
    says: ['drops "title"', 'sync.hashField'],
  },
  {
    what: 'a field moved elsewhere',
    spec: (good) => withTarget(good, { payload: { rename: { 'meta.title': 'title' } } }),
    code: 'invalid-spec',
    field: 'target.payload.rename.meta.title',
    value: () => 'title',
    says: ['a field keeps its place'],
  },
  {
    what: 'a field that this version does not know',
    spec: (good) => ({ ...good, sharding: { follows: true } }),
    code: 'invalid-spec',
    field: 'sharding',
    value: () => ({ follows: true }),
    says: ['not a known field'],
  },
];

describe('a spec that cannot be carried out is refused by field, value and way out, before anything is created', () => {
  let fleet: Fleet;
  let scene: Omit<Scene, 'target'>;
  beforeAll(async () => {
    fleet = await startFleet({ workers: 0 });
    const { http, name } = fleet;
    const names = { source: name('source'), alias: name('alias'), empty: name('empty'), full: name('full'), taken: name('taken') };
    scene = names;
    name(`${names.taken}.next`);
    const body = { vectors: { size: 4, distance: 'Dot' } };
    await createSource(http, names.source, body, somePoints(50));
    await createSource(http, names.full, body, somePoints(5));
    await createSource(http, names.empty, body, []);
    const alias = (alias_name: string, collection_name: string) => ({ create_alias: { alias_name, collection_name } });
    const actions = [alias(names.alias, names.source), alias(names.taken, names.source), alias(`${names.taken}.next`, names.full)];
    await http.call('POST', '/collections/aliases', { actions });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  test.for(rows)('$what', async ({ spec, code, field, value, says }) => {
    const { api } = fleet;
    const here: Scene = { ...scene, target: fleet.name('target') };
    const good: SpecInput = {
      name: 'refused',
      source: { collection: here.source },
      target: { collection: here.target, alias: here.alias },
      vectors: { new: { embed } },
    };
    const before = await namesInSight(fleet, here);
    const { status, body } = await api.refused(spec(good, here));
    expect({ status, code: body.code }).toEqual({ status: 422, code });
    const issue = body.issues?.find((one) => one.field === field);
    expect(issue, JSON.stringify(body)).toBeDefined();
    if (value !== undefined) expect(issue?.value).toEqual(value(here));
    for (const words of says) expect(issue?.message).toMatch(words);
    expect(body.message).toContain(field);
    expect(await namesInSight(fleet, here)).toEqual(before);
    expect((await api.request<{ migrations: Spec[] }>('GET', '/v1/migrations')).body.migrations).toEqual([]);
  });
});

/** All names of a server of our own but that of the audit trail, which tells of refusals too; of one that others use at the same time, those of the scene and every alias of its collections. */
async function namesInSight({ http, qdrant }: Fleet, scene: Scene): Promise<string[]> {
  if (qdrant.local !== null) return (await http.names()).filter((name) => name !== auditCollection);
  const ours = Object.values(scene);
  const aliases = Object.entries(await http.aliases()).filter(([, collection]) => ours.includes(collection));
  return [...(await http.names()).filter((name) => ours.includes(name)), ...aliases.map(([alias]) => alias)];
}

test('a target, and an alias, belong to one migration at a time', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http, name } = fleet;
  const [source, target, alias] = [name('source'), name('target'), name('alias')];
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, somePoints(5));
  const spec = { name: 'first', source: { collection: source }, target: { collection: target, alias }, vectors: { '': { embed } } };
  const { id } = await api.submit(spec);
  const sameTarget = await api.refused({ ...spec, vectors: { other: { embed } } });
  expect(sameTarget).toMatchObject({ status: 409, body: { code: 'wrong-state' } });
  expect(sameTarget.body.message).toContain(`"${target}" belongs to migration ${id}`);
  const sameAlias = await api.refused({ ...spec, target: { collection: name('target'), alias } });
  expect(sameAlias).toMatchObject({ status: 409, body: { code: 'wrong-state' } });
  expect(sameAlias.body.message).toContain(`the alias "${alias}" is taken by migration ${id}`);
  expect((await http.names()).filter((one) => one === target || one.startsWith(alias))).toEqual([]);
});

test('an Idempotency-Key answers with its migration, and only for its spec', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http, name } = fleet;
  const [source, target] = [name('source'), name('target')];
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, somePoints(5));
  const spec = { name: 'first', source: { collection: source }, target: { collection: target }, vectors: { '': { embed } } };
  const post = (body: unknown) =>
    api.request<{ id: string; how: string; code: string }>('POST', '/v1/migrations', body, { 'idempotency-key': 'k' });
  const [first, again] = [await post(spec), await post(spec)];
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body).toMatchObject({ id: first.body.id, how: 'repeated' });
  expect(await post({ ...spec, name: 'second' })).toMatchObject({ status: 409, body: { code: 'idempotency-conflict' } });
});
