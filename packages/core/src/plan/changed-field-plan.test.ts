import { specSchema } from '@reembed/contracts';
import { createFakeAdapters, createFakeCatalogue, createFakeStores, createFakeTextSources } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { makePlan } from './make-plan.ts';

type Source = { readonly payloads: readonly object[]; readonly index?: unknown; readonly strict?: boolean };

async function plan({ payloads, index, strict = false }: Source, changedField = 'at') {
  const stores = createFakeStores();
  const strict_mode_config = { enabled: strict, unindexed_filtering_retrieve: false };
  await stores.collections.create('docs_v1', { vectors: { size: 2, distance: 'Dot' }, strict_mode_config });
  const point = (payload: object, at: number) => ({
    id: { kind: 'integer' as const, id: String(at) },
    payload: JSON.stringify(payload),
    vectors: {},
  });
  stores.put('docs_v1', payloads.map(point));
  if (index !== undefined) await stores.collections.createPayloadIndex('docs_v1', changedField, index);
  const spec = specSchema.parse({
    name: 'docs',
    source: { collection: 'docs_v1' },
    target: { collection: 'docs_v2' },
    vectors: { '': { keep: '' } },
    sync: { changedField },
  });
  const { plan: found, resolved } = await makePlan(
    { ...stores, catalogue: createFakeCatalogue([]), learnedMaps: createFakeAdapters(), textSources: createFakeTextSources() },
    spec,
  );
  return {
    kind: resolved?.changedKind,
    blockers: found.blockers.map(({ field, message }) => `${field}: ${message}`),
    reminders: found.reminders.filter((text) => text.startsWith('sync.changedField')),
  };
}

describe('a plan with sync.changedField', () => {
  it.each([
    ['integers', { payloads: [{ at: 1 }, { at: 2 }], index: 'integer' }, 'number'],
    ['fractions', { payloads: [{ at: 1.5 }], index: { type: 'float' } }, 'number'],
    ['datetimes', { payloads: [{ at: '2026-01-01T00:00:00Z' }], index: 'datetime' }, 'datetime'],
    ['no points yet', { payloads: [] }, null],
  ] as const)('takes %s', async (_, source, kind) => {
    expect(await plan(source)).toMatchObject({ kind, blockers: [] });
  });

  it.each<[string, Source, RegExp]>([
    [
      'a field that is nowhere',
      { payloads: [{ body: 'x' }] },
      /^sync.changedField: has a value in none of 1 sampled points: name a field that every write sets/,
    ],
    [
      'words',
      { payloads: [{ at: 'yesterday' }, { at: 'today' }] },
      /neither numbers alone nor datetimes alone in 2 sampled points, for instance "yesterday", "today"/,
    ],
    ['numbers beside datetimes', { payloads: [{ at: 1 }, { at: '2026-01-01' }] }, /neither numbers alone nor datetimes alone/],
    ['numbers in strings', { payloads: [{ at: '1700000000' }] }, /neither numbers alone nor datetimes alone/],
    [
      'fractions under an integer index',
      { payloads: [{ at: 1.5 }], index: 'integer' },
      /indexed as integer and holds fractions.*index it as float/,
    ],
    [
      'no index under strict mode',
      { payloads: [{ at: 1 }], strict: true },
      /strict mode refuses.*"field_name": "at", "field_schema": "integer"/,
    ],
    [
      'the wrong index under strict mode',
      { payloads: [{ at: '2026-01-01' }], index: 'keyword', strict: true },
      /strict mode refuses.*"datetime"/,
    ],
  ])('refuses %s, with the way out', async (_, source, says) => {
    const { blockers, kind } = await plan(source);
    expect(kind).toBeUndefined();
    expect(blockers).toHaveLength(1);
    expect(blockers[0]).toMatch(says);
  });

  it('says what limited passes do not see, and what makes them slow', async () => {
    const good = await plan({ payloads: [{ at: 1 }], index: { type: 'integer', range: true }, strict: true });
    expect(good.reminders).toEqual([expect.stringContaining('an edit that does not set "at" waits')]);
    const poor = await plan({ payloads: [{ at: 1 }, { at: 'never' }, {}], index: { type: 'integer', range: false } });
    expect(poor.blockers).toEqual([]);
    expect(poor.reminders.slice(1)).toEqual([
      expect.stringContaining('2 of 3 sampled points have no number in "at"'),
      expect.stringContaining('PUT /collections/docs_v1/index {"field_name": "at", "field_schema": "integer"}'),
    ]);
  });
});
