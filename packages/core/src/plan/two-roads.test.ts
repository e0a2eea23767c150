import { type SpecInput, specSchema } from '@reembed/contracts';
import {
  buildAdapterHeader,
  createFakeAdapters,
  createFakeCatalogue,
  createFakeEmbedder,
  createFakeStores,
  createFakeTextSources,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { PointText } from '../domain/point.ts';
import { planWithAdvice } from './advice/plan-with-advice.ts';

const code = { python: 'vector = embed(query)', typescript: 'const vector = await embed(query);' };
const embed: SpecInput['vectors'] = { large: { embed: { model: 'fake/4', text: '{{body}}' } } };
const project = (queries: 'new' | 'old' = 'new'): SpecInput['vectors'] => ({
  mapped: { project: { vector: 'old', adapter: 'map.json', queries } },
});

/** Judged on enough pairs to tell that it falls no faster than the old vectors do. */
const fit = { ...buildAdapterHeader().fit, heldOut: 2_000, ofQuarter: { overlapAt10: 0.5, oldOverlapAt10: 0.36 } };

/** A plan over `points` points, of which two can be read: texts of one token each, at 2 dollars a million. */
async function planOf(vectors: SpecInput['vectors'], points: number) {
  const stores = createFakeStores();
  await stores.collections.create('docs_v1', { vectors: { old: { size: 2, distance: 'Cosine' } } });
  const point = (id: string): PointText => ({ id: { kind: 'integer', id }, payload: '{"body":"x"}', vectors: { old: '[1,0]' } });
  stores.put('docs_v1', [point('1'), point('2')]);
  const spec = specSchema.parse({
    ...{ name: 'x', source: { collection: 'docs_v1', vectors: { old: { model: 'fake/2', text: '{{body}}' } } } },
    ...{ target: { collection: 'docs_v2', alias: 'docs' }, vectors },
  });
  const deps = {
    collections: { ...stores.collections, count: async () => points },
    points: stores.points,
    catalogue: createFakeCatalogue([createFakeEmbedder(), createFakeEmbedder({ model: 'fake/2' })], {
      queryCode: (dimensions) => ({ ...code, python: `${code.python} # ${dimensions}` }),
    }),
    textSources: createFakeTextSources(),
    learnedMaps: createFakeAdapters({ 'map.json': buildAdapterHeader({ from: { model: 'fake/2', dimensions: 2, text: null }, fit }) }),
  };
  return planWithAdvice({ ...deps, workers: 1, embedSample: async () => [] }, spec);
}

describe('past a hundred million points', () => {
  it('a plan prices embedding them all, and a map learnt from a sample', async () => {
    const { reminders, advice } = await planOf(embed, 120_000_000);
    expect(reminders).toContain(
      '120,000,000 points are two roads for "large": embedding all of them with fake/4 is about 120,000,000 tokens, $240.00; a map learnt from ' +
        '20,000 of them (`reembed adapter fit --help`, recipe project) is about 20,000 tokens, $0.04, searches worse, and bridges the time until the rest is embedded into another vector.',
    );
    const priced = Object.fromEntries((advice?.options ?? []).map(({ kind, tokens, priceUsd }) => [kind, [tokens, priceUsd.sync]]));
    expect(priced).toMatchObject({ 'new-collection': [120_000_000, 240], project: [20_000, expect.closeTo(0.04)] });
  });

  it('a plan that maps them prices embedding them too', async () => {
    const { reminders, advice } = await planOf(project(), 120_000_000);
    expect(reminders.join('\n')).toContain(
      'mapping 120000000 points calls no model; embedding them all with fake/4 is about 120000000 tokens, $240.00',
    );
    expect(reminders.join('\n')).toMatch(/Among 120,000,000 points about 11 % are expected, and 7 % by the old vectors/);
    expect(advice?.options[0]).toMatchObject({ kind: 'project', recommended: true, chosen: true, tokens: 20_000 });
    expect(advice?.options).toContainEqual(expect.objectContaining({ kind: 'new-collection', tokens: 120_000_000, chosen: false }));
  });

  it('only then: a smaller collection is embedded', async () => {
    const { reminders } = await planOf(embed, 99_999_999);
    expect(reminders.filter((text) => text.includes('two roads'))).toEqual([]);
  });
});

describe('the code of a query for a mapped vector', () => {
  it('embeds it with the new model, and searches with that', async () => {
    const { advice } = await planOf(project('new'), 2);
    expect(advice?.queryCode?.python).toMatch(/^from qdrant_client.*\nvector = embed\(query\) # 3\n/s);
    expect(advice?.queryCode?.typescript).toContain('query: vector, using: "mapped"');
  });

  it('embeds it with the old model, and brings it through the exported map', async () => {
    const { advice } = await planOf(project('old'), 2);
    expect(advice?.queryCode?.python).toMatch(
      /^from adapter import load_adapter\n.* # 2\nvector = load_adapter\("map.json"\)\(vector\)\.tolist\(\)/s,
    );
    expect(advice?.queryCode?.typescript).toMatch(/const mapped = loadAdapter\("map.json"\)\(vector\);.*query: mapped, using: "mapped"/s);
  });
});
