import { readFileSync } from 'node:fs';
import { specSchema } from '@reembed/contracts';
import { createFakeAdapters, createFakeCatalogue, createFakeStores, createFakeTextSources } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { makePlan } from './make-plan.ts';

type Case = { readonly distance: string; readonly dimensions: number; readonly whole: number; readonly quarter: number };
const fixture: { readonly cases: readonly Case[]; readonly vectors: readonly (readonly number[])[] } = JSON.parse(
  readFileSync(new URL('../quality/fixtures/cut-cases.json', import.meta.url), 'utf8'),
);

/** The same, as if so many points were there. */
function counting<Collections extends { count: unknown; describe: unknown }>(collections: Collections, points: number): Collections {
  return { ...collections, count: async () => points };
}

describe('what a cut keeps of the ten nearest', () => {
  it.each(fixture.cases)(
    'is what scikit-learn counts: $distance, $dimensions dimensions',
    async ({ distance, dimensions, whole, quarter }) => {
      const stores = createFakeStores();
      await stores.collections.create('docs', { vectors: { size: 24, distance } });
      stores.put(
        'docs',
        fixture.vectors.map((vector, at) => ({
          id: { kind: 'integer', id: String(at + 1) },
          payload: '{}',
          vectors: { '': JSON.stringify(vector) },
        })),
      );
      const spec = specSchema.parse({
        ...{ name: 'cut', source: { collection: 'docs' }, target: { collection: 'docs_cut' } },
        vectors: { '': { truncate: { vector: '', dimensions, force: true } } },
      });
      const around = { catalogue: createFakeCatalogue([]), learnedMaps: createFakeAdapters(), textSources: createFakeTextSources() };
      const { plan } = await makePlan({ ...stores, ...around }, spec);
      const [cut] = plan.truncations;
      expect(cut?.overlapAt10).toBeCloseTo(whole, 9);
      // Four times as large, as if the collection were that.
      const larger = await makePlan({ ...stores, ...around, collections: counting(stores.collections, 4 * fixture.vectors.length) }, spec);
      expect(larger.plan.truncations[0]?.expectedOverlapAt10).toBeCloseTo(whole * Math.min(1, whole / quarter), 9);
    },
  );
});
