import { type SpecInput, specSchema } from '@reembed/contracts';
import { createFakeAdapters, createFakeCatalogue, createFakeEmbedder, createFakeStores, createFakeTextSources } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { planWithAdvice } from '../plan/advice/plan-with-advice.ts';

const sparse = { model: 'prithivida/splade-pp', text: '{{body}}' };
const multivector = { model: 'colbert-ir/colbertv2.0', dimensions: 128, text: '{{body}}' };

type Given = {
  readonly vectors: SpecInput['vectors'];
  readonly search?: SpecInput['search'];
  readonly inference?: readonly string[];
  readonly inPlace?: boolean;
};

async function plan({ vectors, search, inference, inPlace = false }: Given) {
  const stores = createFakeStores({ inference });
  await stores.collections.create('a', {
    vectors: { size: 4, distance: 'Cosine' },
    quantization_config: { scalar: { type: 'int8' } },
    hnsw_config: { m: 32 },
  });
  stores.put('a', [
    {
      id: { kind: 'integer', id: '1' },
      payload: '{"body":"eight words of text that make some tokens"}',
      vectors: { '': '[1.0,0.0,0.0,0.0]' },
    },
  ]);
  const deps = {
    ...stores,
    catalogue: createFakeCatalogue([createFakeEmbedder()]),
    learnedMaps: createFakeAdapters(),
    textSources: createFakeTextSources(),
  };
  const target = inPlace ? { collection: 'a', inPlace } : { collection: 'b' };
  const spec = specSchema.parse({ name: 'x', source: { collection: 'a' }, target, vectors, ...(search === undefined ? {} : { search }) });
  return planWithAdvice({ ...deps, workers: 1, embedSample: async () => [] }, spec);
}

const beside = { '': { keep: '' }, learned: { sparse }, rows: { multivector } };

describe('vectors of learned words and of rows, which Qdrant makes', () => {
  it('are planned with what cannot be seen from here, and stand for no dense vector', async () => {
    const { blockers, reminders, embeds, advice, summary } = await plan({ vectors: beside });
    expect([blockers, embeds]).toEqual([[], []]);
    expect(advice?.decisions.map(({ vector, row, reembed }) => [vector, row, reembed])).toEqual([
      ['', 1, false],
      ['learned', 10, false],
      ['rows', 13, false],
    ]);
    const all = reminders.join(' ');
    expect(all).toMatch(/"learned" alone before it is fused/);
    expect(all).toMatch(/"rows" has a row for every token.*on disk and without a graph/);
    expect(all).toMatch(/"rows" shares the collection with .*from 13 s to 2 s/);
    expect(all).toMatch(/switched on for a cluster which is there already restarts it, and it runs in the EU or the US/);
    expect(summary.join(' ')).toContain('"rows" as rows by colbert-ir/colbertv2.0');
  });

  it('are asked by documents: words fused or alone, rows over candidates of the others', async () => {
    const { advice, queryChange } = await plan({ vectors: beside });
    expect(advice?.queryCode?.typescript).toContain(
      'query: { text: query, model: "colbert-ir/colbertv2.0", options: {} }, using: "rows", limit: 10 }',
    );
    expect(advice?.queryCode?.typescript).toMatch(
      /prefetch: \[\n.*\n {2}\{ query: \{ text: query, model: "prithivida\/splade-pp", options: \{\} \}, using: "learned"/,
    );
    expect(queryChange.join(' ')).toMatch(
      /Rank candidates of "b" anew with `using: "rows"`, over a prefetch of another vector, by \{"query":.*Qdrant makes it/,
    );
  });

  it('count many rows in what Qdrant holds', async () => {
    const one = await plan({ vectors: { '': { keep: '' } } });
    const many = await plan({ vectors: { '': { keep: '' }, rows: { multivector } } });
    const disk = ({ advice }: typeof one) => advice?.options.find(({ chosen }) => chosen)?.diskBytes ?? 0;
    const memory = ({ advice }: typeof one) => advice?.options.find(({ chosen }) => chosen)?.memoryBytes ?? 0;
    // Some eleven tokens of 128 floats, and nothing of it in memory.
    expect((disk(many) - disk(one)) / (4 * 128)).toBeGreaterThan(5);
    expect((disk(many) - disk(one)) / (4 * 128)).toBeLessThan(20);
    expect(memory(many)).toBe(memory(one));
  });

  it.each<[string, Given, string, RegExp]>([
    [
      'a server without inference, words',
      { vectors: { learned: { sparse } }, inference: [] },
      'vectors."learned".sparse.model',
      /makes no vectors: give Qdrant an inference service, or have workers ask.*via: worker, provider: tei-sparse.*bm25/,
    ],
    [
      'a server without inference, rows',
      { vectors: { rows: { multivector } }, inference: [] },
      'vectors."rows".multivector.model',
      /makes no vectors: give Qdrant an inference service, or have workers ask.*via: worker, provider: vllm-rows.*keep/,
    ],
    [
      'words in place',
      { vectors: { learned: { sparse } }, inPlace: true },
      'vectors."learned".sparse',
      /its index in memory: name a new target/,
    ],
    ['rows in place', { vectors: { rows: { multivector } }, inPlace: true }, 'vectors."rows".multivector', /in memory and with a graph/],
    [
      'rows in memory',
      { vectors: { rows: { multivector, settings: { on_disk: false } } } },
      'vectors."rows".settings.on_disk',
      /go on disk/,
    ],
    [
      'rows with a graph',
      { vectors: { rows: { multivector, settings: { hnsw_config: { m: 16 } } } } },
      'vectors."rows".settings.hnsw_config',
      /without a graph/,
    ],
    [
      'words in memory',
      { vectors: { learned: { sparse, settings: { index: { on_disk: false } } } } },
      'vectors."learned".settings.index',
      /go on disk/,
    ],
    ['words without a name', { vectors: { '': { sparse } } }, 'vectors."".sparse', /a name of its own/],
    ['words with a distance', { vectors: { learned: { sparse, distance: 'Dot' } } }, 'vectors."learned".distance', /has no distance/],
    [
      'BM25 taken for learned words',
      { vectors: { learned: { sparse: { ...sparse, model: 'Qdrant/bm25' } } } },
      'vectors."learned".sparse.model',
      /bm25: \{ text, encoder: server \}/,
    ],
    [
      'a key in the spec',
      { vectors: { rows: { multivector: { ...multivector, options: { 'jina-api-key': 'sk-1' } } } } },
      'vectors."rows".multivector.options',
      /inference\.headers/,
    ],
  ])('are refused by field and way out: %s', async (_, given, field, says) => {
    const { blockers } = await plan(given);
    expect(blockers.map((blocker) => blocker.field)).toEqual([field]);
    expect(blockers[0]?.message).toMatch(says);
    expect(JSON.stringify(blockers)).not.toContain('sk-1');
  });

  it('are warned of where rows are searched for without candidates', async () => {
    const { reminders } = await plan({ vectors: beside, search: { new: { using: 'rows' } } });
    expect(reminders.join(' ')).toMatch(/every row of every point is compared. Prefetch candidates/);
  });
});
