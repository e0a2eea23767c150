import { type SpecInput, specSchema } from '@reembed/contracts';
import { buildAdapterHeader, createFakeCatalogue, createFakeEmbedder } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { PlanScene } from './plan-scene.ts';
import { isMadeAlike, isSaidAlike, saidBlockers } from './said-of-models.ts';

const built = buildAdapterHeader();
const header = { ...built, to: { ...built.to, model: 'fake/new' } };

function blocked(models: SpecInput['models'], facts = {}) {
  const spec = specSchema.parse({
    source: { collection: 'docs_v1', vectors: { '': { model: 'fake/old', text: '{{body}}' } } },
    target: { collection: 'docs_v2' },
    vectors: {
      new: { embed: { model: 'fake/4', text: '{{body}}' } },
      mapped: { project: { vector: '', adapter: 'map.json' } },
    },
    models,
  });
  const catalogue = createFakeCatalogue([createFakeEmbedder()], facts);
  return saidBlockers({ spec, catalogue, adapters: { mapped: header } } as unknown as PlanScene).map(({ field }) => field);
}

describe('what a spec says of models', () => {
  it('may be of those that make its vectors, made the old ones, or stand behind its maps', () => {
    const models = Object.fromEntries(['fake/old', header.to.model].map((model) => [model, { queryPrefix: 'ask: ' }]));
    expect(blocked(models)).toEqual([]);
    expect(blocked({ 'fake/other': { queryPrefix: 'ask: ' } })).toEqual(['models."fake/other"']);
  });

  it('is refused where the model does not hear it', () => {
    expect(blocked({ 'fake/4': { documentPrefix: 'text: ', limits: { maxInputTokens: 9 } } })).toEqual([
      'models."fake/4".documentPrefix',
      'models."fake/4".limits.maxInputTokens',
    ]);
  });

  it('makes documents another space by their prefix and length, and queries by theirs too', () => {
    const [one, other] = [
      { documentPrefix: 'a', queryPrefix: 'b' },
      { documentPrefix: 'a', queryPrefix: 'c' },
    ];
    expect([isMadeAlike(one, other), isSaidAlike(one, other), isSaidAlike(one, { ...one })]).toEqual([true, false, true]);
    expect(isMadeAlike(one, { ...one, limits: { maxInputTokens: 9 } })).toBe(false);
    expect(isMadeAlike(undefined, one)).toBe(false);
  });
});
