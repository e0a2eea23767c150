import { type SpecInput, specSchema } from '@reembed/contracts';
import { createFakeAdapters, createFakeCatalogue, createFakeEmbedder, createFakeStores, createFakeTextSources } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { makePlan } from '../plan/make-plan.ts';
import { targetVectors } from './target-vectors.ts';

const colbert = { size: 4, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } };
const source = { vectors: { dense: { size: 2, distance: 'Cosine' }, colbert, four: { size: 8, distance: 'Dot', datatype: 'turbo4' } } };

async function plan(vectors: SpecInput['vectors']) {
  const stores = createFakeStores();
  await stores.collections.create('a', source);
  const deps = {
    learnedMaps: createFakeAdapters(),
    textSources: createFakeTextSources(),
    collections: stores.collections,
    points: stores.points,
    catalogue: createFakeCatalogue([createFakeEmbedder()]),
  };
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors });
  const info = await stores.collections.describe('a');
  const schemas = targetVectors(spec).map((vector) => info && vector.schema(info, {}, {})?.params);
  return { ...(await makePlan(deps, spec)), schemas };
}

describe('a kept multivector', () => {
  it('goes on disk, unless the spec says otherwise', async () => {
    expect((await plan({ colbert: { keep: 'colbert' } })).schemas).toEqual([{ ...colbert, on_disk: true }]);
    expect((await plan({ colbert: { keep: 'colbert', settings: { on_disk: false } } })).schemas).toEqual([{ ...colbert, on_disk: false }]);
    expect((await plan({ dense: { keep: 'dense' } })).schemas).toEqual([source.vectors.dense]);
  });

  it('beside other vectors is warned about with the reason, and offered a collection of its own', async () => {
    const { plan: made } = await plan({ dense: { keep: 'dense' }, colbert: { keep: 'colbert' } });
    expect(made.blockers).toEqual([]);
    expect(made.reminders.join(' ')).toMatch(
      /"colbert" shares the collection with dense: every optimization.*a second migration with vectors: \{ "colbert": \{ keep: "colbert" \} \}/,
    );
    expect((await plan({ colbert: { keep: 'colbert' } })).plan.reminders.join(' ')).not.toMatch(/shares the collection/);
  });
});

describe('the datatype of a kept vector', () => {
  it('is what the comparison goes by', async () => {
    const { resolved } = await plan({ dense: { keep: 'dense', settings: { datatype: 'float16' } }, four: { keep: 'four' } });
    expect(resolved?.storedAs).toEqual({
      dense: { distance: 'Cosine', datatype: 'float16' },
      four: { distance: 'Dot', datatype: 'turbo4' },
    });
  });

  it('may not make zeros of it', async () => {
    const { plan: made } = await plan({ dense: { keep: 'dense', settings: { datatype: 'uint8' } } });
    expect(made.blockers).toMatchObject([
      { field: 'vectors."dense".settings.datatype', value: 'uint8', message: expect.stringMatching(/zeros.*float16/) },
    ]);
  });

  it('that keeps a direction only is said', async () => {
    expect((await plan({ four: { keep: 'four' } })).plan.reminders.join(' ')).toMatch(/turbo4 keeps a direction.*a few per cent longer/);
  });
});
