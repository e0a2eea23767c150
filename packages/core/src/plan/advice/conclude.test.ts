import { type SpecInput, specSchema } from '@reembed/contracts';
import { createFakeAdapters, createFakeCatalogue, createFakeEmbedder, createFakeStores, createFakeTextSources } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../../domain/error.ts';
import type { ModelFacts } from '../../ports/embedder.ts';
import { planWithAdvice } from './plan-with-advice.ts';
import type { EmbedSample } from './take-fingerprint.ts';

type Scene = {
  readonly spec?: Partial<SpecInput>;
  readonly server?: Parameters<typeof createFakeStores>[0];
  readonly facts?: Partial<ModelFacts>;
  readonly embedSample?: EmbedSample;
};

const stored = Float32Array.of(0.5, 0.5, 0.5, 0.5);
const embed = { embed: { model: 'fake/4', text: '{{body}}' } };
const right: EmbedSample = async ({ texts }) => texts.map(() => ({ vector: stored }));

async function planOf({ spec, server, facts, embedSample = right }: Scene = {}) {
  const stores = createFakeStores(server);
  const { collections, points } = stores;
  await collections.create('docs_v1', { vectors: { size: 4, distance: 'Cosine' } });
  await collections.pointAlias('docs', 'docs_v1');
  stores.put('docs_v1', [{ id: { kind: 'integer', id: '1' }, payload: '{"body":"hello world"}', vectors: { '': '[0.5,0.5,0.5,0.5]' } }]);
  const given = specSchema.parse({
    ...{ name: 'docs', source: { collection: 'docs_v1' }, target: { collection: 'docs_v2', alias: 'docs' }, vectors: { '': embed } },
    ...spec,
  });
  const sources = { learnedMaps: createFakeAdapters(), textSources: createFakeTextSources() };
  return planWithAdvice(
    { collections, points, catalogue: createFakeCatalogue([createFakeEmbedder()], facts), ...sources, workers: 2, embedSample },
    given,
  );
}

const failing =
  (code: ReembedError['code'], message: string): EmbedSample =>
  async () =>
    Promise.reject(new ReembedError(code, message));

describe('the verdict of a plan', () => {
  it('is that nothing stands in the way, with three sentences: what is made, what it takes, what is left to a person', async () => {
    const { verdict, summary, blockers } = await planOf();
    expect(blockers).toEqual([]);
    expect(verdict).toEqual({ ready: true, says: 'Ready: nothing stands in the way of moving "docs_v1" to "docs_v2".' });
    expect(summary).toEqual([
      '"docs_v2" is made of 1 point of "docs_v1", with "" (unnamed) by fake/4.',
      expect.stringMatching(
        /^It costs \$0\.0000040 for about 2 tokens, takes (at least )?\d+ s.*, and Qdrant holds about \d+ k?B on disk meanwhile\.$/,
      ),
      'Yours: say when to switch (queries change in the same moment), and say when the old collection may go.',
    ]);
  });

  it.each<[string, Partial<SpecInput>, readonly [RegExp, RegExp, RegExp]]>([
    [
      'an old vector kept beside the new one',
      { vectors: { '': { keep: '' }, new: embed } },
      [/with "" \(unnamed\) as it is and "new" by fake\/4\.$/, /^It costs/, /say when to switch \(queries go on as they are\)/],
    ],
    [
      'words beside a renamed vector',
      { vectors: { old: { keep: '' }, words: { bm25: { text: '{{body}}' } } } },
      [/with "old" as "" \(unnamed\) is and "words" of words\.$/, /^No model is called, takes/, /queries change in the same moment/],
    ],
    [
      'a vector added in place',
      { target: { collection: 'docs_v1', inPlace: true }, vectors: { new: embed } },
      [/^"docs_v1" gets "new" by fake\/4 for its 1 point\.$/, /^It costs/, /have applications ask the new vector.*complete the migration/],
    ],
    ['no alias', { target: { collection: 'docs_v2' } }, [/./, /./, /point readers at "docs_v2" once it is ready/]],
    ['a switch that comes by itself', { switch: { mode: 'auto' } }, [/./, /./, /be ready for the switch, which comes by itself/]],
  ])('says what is so of %s', async (_, spec, sentences) => {
    const { summary } = await planOf({ spec });
    expect(summary).toHaveLength(3);
    for (const [at, sentence] of sentences.entries()) expect(summary[at]).toMatch(sentence);
  });

  it('counts what stands in the way, whoever found it', async () => {
    const two = await planOf({
      server: { readOnly: true },
      embedSample: failing('provider-unauthorized', 'fake/4 wants a key and KEY is not set'),
    });
    expect(two.verdict).toEqual({ ready: false, says: 'Not ready: 2 things stand in the way of moving "docs_v1" to "docs_v2".' });
    const none = await planOf({ spec: { source: { collection: 'dcos' } } });
    expect(none).toMatchObject({ verdict: { ready: false }, summary: [] });
  });

  it('does not invent a price', async () => {
    expect((await planOf({ facts: { pricePerMillionTokensUsd: null } })).summary[1]).toMatch(
      /^What it costs is not known \(about 2 tokens\), takes/,
    );
  });
});

describe('the new model', () => {
  it("is asked for a text, for three of reembed's own twice and for one of them alone, and no model but it", async () => {
    const asked: unknown[] = [];
    await planOf({
      spec: { vectors: { '': { keep: '' }, a: embed, b: { truncate: { vector: '', dimensions: 2, force: true } } } },
      embedSample: async (wanted) => {
        asked.push([wanted.model, wanted.dimensions, wanted.kind, wanted.texts.length]);
        return right(wanted);
      },
    });
    expect(asked).toEqual([1, 3, 3, 1].map((texts) => ['fake/4', null, 'document', texts]));
  });

  it('has the longest sampled text embedded whole, and says what becomes of texts that are not', async () => {
    const asked: unknown[] = [];
    const embedSample: EmbedSample = async ({ texts, isWhole }) => {
      asked.push([texts, isWhole]);
      return isWhole ? [{ refused: 'it cuts long texts' }] : texts.map(() => ({ vector: stored }));
    };
    const { blockers, reminders } = await planOf({ facts: { countInTurns: async () => 300 }, embedSample });
    expect(blockers).toEqual([]);
    expect(asked).toContainEqual([['hello world'], true]);
    expect(reminders).toContain(
      'The longest sampled text for "" is not embedded whole, and such points are set aside (onLongText): it cuts long texts',
    );
  });

  it.each<[string, EmbedSample, RegExp]>([
    [
      'wants a key that is missing',
      failing('provider-unauthorized', 'fake/4 wants a key and KEY is not set'),
      /KEY is not set \[provider-unauthorized\]/,
    ],
    [
      'refuses the key',
      failing('provider-unauthorized', 'fake/4 answered 401'),
      /was asked for one text, which failed: fake\/4 answered 401/,
    ],
    ['cannot be loaded', failing('model-missing', 'no package'), /no package \[model-missing\]/],
    ['refuses the text', async () => [{ refused: 'no such model' }], /refused it: no such model/],
    [
      'gives other dimensions',
      async () => [{ vector: Float32Array.of(1, 2) }],
      /gives 2 dimensions, where 4 are expected: set vectors\.""\.embed\.dimensions/,
    ],
  ])('stops a plan where it %s', async (_, embedSample, says) => {
    const { blockers, verdict } = await planOf({ embedSample });
    expect(blockers).toEqual([{ field: 'vectors."".embed.model', value: 'fake/4', message: expect.stringMatching(says) }]);
    expect(verdict.ready).toBe(false);
  });

  it('stops a plan where a text gets another vector within a batch, and only says that a server is noisy', async () => {
    const [x, y, z, w] = stored;
    const other = Float32Array.of((x ?? 0) + 0.3, y ?? 0, z ?? 0, w ?? 0);
    const leaning = await planOf({ embedSample: async ({ texts }) => texts.map(() => ({ vector: texts.length > 1 ? other : stored })) });
    expect(leaning.blockers).toEqual([
      { field: 'vectors."".embed.model', value: 'fake/4', message: expect.stringMatching(/within a batch than alone.*maxInputs: 1/) },
    ]);
    let nth = 0;
    const noise = () => Float32Array.of((x ?? 0) + (nth++ % 2) * 0.03, y ?? 0, z ?? 0, w ?? 0);
    const noisy = await planOf({ embedSample: async ({ texts }) => texts.map(() => ({ vector: noise() })) });
    expect(noisy.blockers).toEqual([]);
    expect(noisy.reminders).toContainEqual(expect.stringMatching(/^fake\/4 gives the same text vectors with a cosine of 0\.999/));
  });

  it.each<[string, EmbedSample]>([
    ['does not answer just now', failing('provider-unreachable', 'it answered 503')],
    ['has no worker to ask it', failing('no-worker', 'no worker is running')],
  ])('stops nothing where it %s, which is said', async (_, embedSample) => {
    const { blockers, reminders } = await planOf({ embedSample });
    expect(blockers).toEqual([]);
    expect(reminders).toContainEqual(
      expect.stringMatching(/^fake\/4 could not be tried on a text: (it answered 503|no worker is running)\. Whether its key/),
    );
  });
});

describe('an old model that is refuted', () => {
  const declared = { source: { collection: 'docs_v1', vectors: { '': { model: 'fake/4', text: '{{body}}' } } } };
  const ofKind = (kinds: Readonly<Record<string, Float32Array>>): EmbedSample => {
    const other = Float32Array.of(1, -1, 1, -1);
    return async ({ kind, texts }) => texts.map(() => ({ vector: kinds[kind] ?? other }));
  };

  it('stops a plan', async () => {
    const { blockers } = await planOf({ spec: declared, embedSample: ofKind({}) });
    expect(blockers).toEqual([{ field: 'source.vectors.""', value: 'fake/4', message: expect.stringContaining('Mend source.vectors') }]);
  });

  it('does not where only its prefix was another one, which no declaration can say', async () => {
    const { blockers, advice } = await planOf({
      spec: declared,
      facts: { queryPrefix: 'query: ' },
      embedSample: ofKind({ query: stored }),
    });
    expect(advice?.fingerprints).toMatchObject([{ verdict: 'refuted', explainedBy: 'query-prefix' }]);
    expect(blockers).toEqual([]);
  });
});

describe('the disk', () => {
  it('stops a plan where both states are more than it holds in all', async () => {
    const { blockers } = await planOf({ server: { diskBytes: 100 } });
    expect(blockers).toEqual([
      {
        field: 'target.collection',
        value: 'docs_v2',
        message: expect.stringMatching(
          /^has no room: what there is .* take about \d+ B of disk together, and the disk under Qdrant holds 100 B in all\. Give it a larger one/,
        ),
      },
    ]);
  });

  it('is said to be unknown where it is, and how much of it is free always', async () => {
    expect((await planOf()).reminders).toContainEqual(expect.stringMatching(/Qdrant does not say how large its disk is/));
    expect((await planOf({ server: { diskBytes: 1e12 } })).reminders).toContainEqual(
      expect.stringMatching(/holds 1\.0 TB in all; how much of it is free Qdrant does not say/),
    );
  });
});
