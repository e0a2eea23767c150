import { planSchema, type SpecInput, specSchema } from '@reembed/contracts';
import {
  createFakeAdapters,
  createFakeBm25,
  createFakeCatalogue,
  createFakeClock,
  createFakeEmbedder,
  createFakeStores,
  createFakeTextSources,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { PointText } from '../domain/point.ts';
import { planWithAdvice } from '../plan/advice/plan-with-advice.ts';
import type { Embedder, ModelFacts, VectorShape } from '../ports/embedder.ts';
import { createOwnBudget } from './own-budget.ts';
import { withDecimals } from './shaped-vector.ts';
import { targetVectors } from './target-vectors.ts';

const sparse = { via: 'worker', model: 'tei/splade', text: '{{body}}' } as const;
const multivector = { via: 'worker', model: 'vllm/colbert', dimensions: 2, text: '{{body}}' } as const;

function spec(vectors: SpecInput['vectors']) {
  return specSchema.parse({ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, vectors });
}

/** Gives each text the numbers of its letters: pairs of index and weight, or rows of two. */
function lettersEmbedder(model: string): Embedder {
  return {
    ...createFakeEmbedder({ model }),
    async embed(texts) {
      const numbers = texts.map((text) => [...text].flatMap((letter) => [letter.charCodeAt(0), 0.5]));
      const vectors = Float32Array.from(numbers.flat());
      return { vectors, dimensions: 0, lengths: numbers.map(({ length }) => length), tokens: 1 };
    },
  };
}

const points: PointText[] = ['ab', 'abc', null].map((body, at) => ({
  id: { kind: 'integer', id: String(at + 1) },
  payload: JSON.stringify(body === null ? {} : { body }),
  vectors: {},
}));

async function make(vectors: SpecInput['vectors'], model: string) {
  const wanted = spec(vectors);
  const [vector] = targetVectors(wanted);
  if (vector === undefined) throw new Error('no vector');
  const embedder = lettersEmbedder(model);
  const clock = createFakeClock();
  const context = { embedder, dimensions: undefined, budget: createOwnBudget(clock), clock, signal: new AbortController().signal };
  const made = await vector.make(
    {
      spec: wanted,
      resolved: { storedAs: {}, avgLen: {} },
      embedding: { [vector.name]: context },
      bm25: createFakeBm25(),
      encodeVector: withDecimals,
    },
    points,
  );
  return { ...made, vector, texts: points.map((point) => made.vectors.get(point)) };
}

describe('vectors by a server that workers ask', () => {
  it('are words with their weights, of texts of any length; a point without a text has none', async () => {
    const { texts, setAside, vector } = await make({ learned: { sparse } }, sparse.model);
    expect(texts).toEqual(['{"indices":[97,98],"values":[0.5,0.5]}', '{"indices":[97,98,99],"values":[0.5,0.5,0.5]}', undefined]);
    expect(setAside.size).toBe(0);
    expect(vector.origin({ known: {}, witness: {}, resolved: { avgLen: {}, adapters: {} }, said: {} })).toEqual({
      model: 'tei/splade',
      dimensions: 0,
      text: '{{body}}',
    });
  });

  it('are rows, with decimals, so that two of whole numbers are not read as words', async () => {
    const { texts } = await make({ rows: { multivector } }, multivector.model);
    expect(texts).toEqual(['[[97.0,0.5],[98.0,0.5]]', '[[97.0,0.5],[98.0,0.5],[99.0,0.5]]', undefined]);
  });
});

type Given = { readonly vectors: SpecInput['vectors']; readonly shape?: VectorShape; readonly facts?: Partial<ModelFacts> };

async function plan({ vectors, shape = 'words', facts = {} }: Given) {
  const stores = createFakeStores({ inference: [] });
  await stores.collections.create('a', { vectors: { size: 4, distance: 'Cosine' } });
  stores.put('a', [{ id: { kind: 'integer', id: '1' }, payload: '{"body":"some words"}', vectors: { '': '[1.0,0.0,0.0,0.0]' } }]);
  const models = [sparse.model, multivector.model, 'my/words'].map((model) => createFakeEmbedder({ model }));
  const catalogue = createFakeCatalogue(models, { shape, pricePerMillionTokensUsd: null, ...facts });
  const asked: string[] = [];
  const embedSample = async ({ model, texts }: { readonly model: string; readonly texts: readonly string[] }) => {
    asked.push(model);
    return texts.map(() => ({ vector: Float32Array.of(7, 0.5) }));
  };
  const deps = { ...stores, catalogue, learnedMaps: createFakeAdapters(), textSources: createFakeTextSources(), workers: 1, embedSample };
  return { plan: await planWithAdvice(deps, spec(vectors)), asked };
}

describe('the plan of them', () => {
  it('asks Qdrant for no inference, tries the server on a text, and says what cannot be seen', async () => {
    const { plan: made, asked } = await plan({ vectors: { '': { keep: '' }, learned: { sparse } } });
    expect(made.blockers).toEqual([]);
    expect(asked).toContain('tei/splade');
    expect(made.summary.join(' ')).toMatch(/Every text goes to tei\/splade, at a price that is not known here, takes at least/);
    expect(made.advice?.options.find(({ chosen }) => chosen)).toMatchObject({
      ...{ kind: 'hybrid', title: 'add learned words to the dense search' },
      ...{ priceUsd: { sync: null }, time: { highSeconds: null, boundBy: expect.stringContaining('how fast tei/splade answers') } },
    });
    expect(made.advice?.decisions[1]).toMatchObject({ reembed: false, sendsTexts: true });
    const all = made.reminders.join(' ');
    expect(all).toMatch(/The price of tei\/splade is not known/);
    expect(all).not.toMatch(/Qdrant .* embeds with tei/);
    expect(made.queryChange.join(' ')).toMatch(/Search "b" with `using: "learned"` by what tei\/splade makes of the query/);
  });

  it('is one that may be sent on, rows too', async () => {
    const { plan: made } = await plan({ vectors: { '': { keep: '' }, rows: { multivector } }, shape: 'rows' });
    expect(planSchema.parse(made).advice?.decisions.map(({ row }) => row)).toEqual([1, 13]);
  });

  it('gives the code that asks for them', async () => {
    const code = () => ({ python: 'vector = words(query)', typescript: 'const vector = words(query);' });
    const { plan: made } = await plan({ vectors: { learned: { sparse } }, facts: { queryCode: code } });
    expect(made.advice?.queryCode?.typescript).toMatch(/const vector = words\(query\);[\s\S]*query: vector, using: "learned"/);
  });

  it.each<[string, Given, string, RegExp]>([
    [
      'a model that nobody knows',
      { vectors: { learned: { sparse: { ...sparse, model: 'tei/other' } } } },
      'vectors."learned".sparse.model',
      /is not a known model/,
    ],
    [
      'a dense model',
      { vectors: { learned: { sparse } }, shape: 'dense' },
      'vectors."learned".sparse.model',
      /makes one dense vector a text.*write embed instead of sparse/,
    ],
    [
      'rows under sparse',
      { vectors: { learned: { sparse } }, shape: 'rows' },
      'vectors."learned".sparse.model',
      /rows for every token.*write multivector instead of sparse/,
    ],
    [
      'words under multivector',
      { vectors: { rows: { multivector } } },
      'vectors."rows".multivector.model',
      /words with weights.*write sparse instead of multivector/,
    ],
    [
      'words under embed',
      { vectors: { '': { embed: { model: 'my/words', text: '{{body}}' } } }, facts: { dimensions: 2 } },
      'vectors."".embed.model',
      /words with weights.*write sparse instead of embed/,
    ],
    [
      'options',
      { vectors: { learned: { sparse: { ...sparse, options: { top: 1 } } } } },
      'vectors."learned".sparse.options',
      /are for via: qdrant/,
    ],
    [
      'a prefix that nobody has said',
      { vectors: { learned: { sparse } }, facts: { unsaid: ['documentPrefix'] } },
      'vectors."learned".sparse',
      /documentPrefix/,
    ],
  ])('refuses %s', async (_, given, field, says) => {
    const { plan: made } = await plan(given);
    expect(made.blockers.map((blocker) => blocker.field)).toEqual([expect.stringContaining(field)]);
    expect(made.blockers[0]?.message).toMatch(says);
  });
});
