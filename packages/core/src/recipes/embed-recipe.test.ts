import { specSchema } from '@reembed/contracts';
import { createFakeCatalogue, createFakeEmbedder } from '@reembed/testkit';
import { expect, it } from 'vitest';
import type { ModelRecord } from '../ports/embedder.ts';
import type { PlanScene } from './plan-scene.ts';
import { targetVectors } from './target-vectors.ts';

const spec = specSchema.parse({
  source: { collection: 'docs_v1' },
  target: { collection: 'docs_v2' },
  vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } },
});

it.each([
  [true, ['What is known of fake/4 is as of 2025-10, more than a year ago: compare its limits and price with https://example.org.']],
  [false, []],
])('a plan warns of figures that are more than a year old, and of no others: %s', (isOld, says) => {
  const record = { asOf: '2025-10', isOld, source: 'https://example.org' } as ModelRecord;
  const catalogue = createFakeCatalogue([createFakeEmbedder()], {}, { 'fake/4': record });
  const [vector] = targetVectors(spec);
  expect(vector?.warnings({ catalogue } as PlanScene)).toEqual(says);
});
