import { readFileSync } from 'node:fs';
import { specSchema } from '@reembed/contracts';
import { createFakeAdapters, createFakeCatalogue, createFakeStores, createFakeTextSources } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { makePlan } from './make-plan.ts';
import { expectedOverlap } from './measure-truncations.ts';

type Case = { readonly distance: string; readonly dimensions: number; readonly whole: number; readonly quarter: number };
const fixture: { readonly cases: readonly Case[]; readonly vectors: readonly (readonly number[])[] } = JSON.parse(
  readFileSync(new URL('../quality/fixtures/cut-cases.json', import.meta.url), 'utf8'),
);

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
      expect(cut?.expectedOverlapAt10).toBeCloseTo(whole, 9);
      expect(expectedOverlap(whole, quarter, 4)).toBeCloseTo(Math.min(whole, 2 * whole - quarter), 9);
    },
  );
});

it.each([
  ['falls by every doubling as it fell in the sample', 0.9, 0.94, 1024, 0.7],
  ['stays in a collection that is no larger', 0.9, 0.94, 1, 0.9],
  ['stays where nothing fell', 0.9, 0.88, 1_000_000, 0.9],
  ['stays where the quarter was too small to tell', 0.9, null, 1_000, 0.9],
  ['is never below nothing', 0.1, 0.5, 1_000_000, 0],
])('the overlap that is expected of a cut %s', (_, ofSample, ofQuarter, times, expected) => {
  expect(expectedOverlap(ofSample, ofQuarter, times)).toBeCloseTo(expected, 12);
});
