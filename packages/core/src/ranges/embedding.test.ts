import { specSchema } from '@reembed/contracts';
import {
  buildMigration,
  createFakeCatalogue,
  createFakeClock,
  createFakeEmbedder,
  createFakeState,
  type FakeEmbedder,
  fakeVector,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { vectorToBase64 } from '../domain/vector-base64.ts';
import type { Embedder } from '../ports/embedder.ts';
import { embedTexts } from '../recipes/embed-texts.ts';
import { shortWitness, takeWitness } from '../recipes/witness.ts';
import { witnessTexts } from '../recipes/witness-texts.ts';
import { createEmbedding } from './embedding.ts';

async function fixture(embedder: FakeEmbedder = createFakeEmbedder({ model: 'hash/64' })) {
  const clock = createFakeClock();
  const { rateBudget: budget } = createFakeState({ clock });
  const { signal } = new AbortController();
  const honest = createFakeEmbedder({ model: 'hash/64' });
  const witness = await takeWitness({ embedder: honest, dimensions: undefined, budget, clock, signal });
  const migration: Migration = buildMigration({ id: 'm', witness: { '': witness } });
  return { embedding: createEmbedding({ catalogue: createFakeCatalogue([embedder]), budget, clock }), migration, embedder, signal };
}

describe('contexts', () => {
  it('embeds the witness once a migration, however many ranges ask', async () => {
    const on = await fixture();
    await Promise.all([1, 2, 3].map(() => on.embedding.contexts(on.migration, on.signal)));
    await on.embedding.contexts(on.migration, on.signal);
    expect(on.embedder.requests).toHaveLength(1);
    await on.embedding.contexts({ ...on.migration, id: 'another' }, on.signal);
    expect(on.embedder.requests).toHaveLength(2);
  });

  it('has words and rows too, and asks them for no witness where an earlier version wrote none down', async () => {
    const on = await fixture();
    const { spec } = on.migration;
    const learned = { sparse: { via: 'worker', model: 'hash/64', text: '{{body}}' } } as const;
    const rows = { multivector: { via: 'worker', model: 'hash/64', dimensions: 64, text: '{{body}}' } } as const;
    const vectors = specSchema.parse({ ...spec, vectors: { learned, rows } }).vectors;
    const contexts = await on.embedding.contexts({ ...on.migration, spec: { ...spec, vectors } }, on.signal);
    expect(Object.entries(contexts).map(([name, { dimensions }]) => [name, dimensions])).toEqual([
      ['learned', undefined],
      ['rows', 64],
    ]);
    expect(on.embedder.requests).toEqual([]);
  });

  it.each(['words', 'rows'] as const)('stops where the model of %s is another by now', async (shape) => {
    const on = await fixture();
    const said = { via: 'worker', model: `fake/${shape}`, text: '{{body}}' } as const;
    const made = shape === 'words' ? { sparse: said } : { multivector: { ...said, dimensions: 2 } };
    const spec = specSchema.parse({ ...on.migration.spec, vectors: { v: made } });
    const shaped = (numbers: readonly number[]): Embedder => ({
      ...createFakeEmbedder({ model: `fake/${shape}` }),
      shape,
      embed: async (texts) => ({
        ...{ vectors: Float32Array.from(texts.flatMap(() => numbers)), dimensions: 0 },
        ...{ lengths: texts.map(() => numbers.length), tokens: 1 },
      }),
    });
    const embeddingBy = (numbers: readonly number[]) => {
      const clock = createFakeClock();
      return createEmbedding({ catalogue: createFakeCatalogue([shaped(numbers)]), budget: createFakeState({ clock }).rateBudget, clock });
    };
    const [before, now] = [embeddingBy([3, 0.5, 7, 1]), embeddingBy([3, 0.5, 8, 2])];
    const call = { callId: 'm-witness-0', call: 'witness', model: said.model, dimensions: shape === 'rows' ? 2 : null } as const;
    const answer = await before.serve(call, on.signal);
    if (answer.call !== 'witness') throw new Error('no witness');
    const migration = { ...on.migration, spec, witness: { v: shortWitness(answer.witness, 6) } };
    expect(Object.keys(await before.contexts(migration, on.signal))).toEqual(['v']);
    await expect(now.contexts(migration, on.signal)).rejects.toMatchObject({ code: 'model-changed' });
  });

  it('shows that the model is the same within the budget of the migration, and serves calls within the one given', async () => {
    const on = await fixture();
    const asked: number[] = [];
    const { rateBudget } = createFakeState();
    const within: typeof rateBudget = {
      ...rateBudget,
      pass: (model, need, signal) => {
        asked.push(need.inputs);
        return rateBudget.pass(model, need, signal);
      },
    };
    await on.embedding.contexts(on.migration, on.signal, within);
    const call = { callId: 'm-embed-1', call: 'embed', model: 'hash/64', dimensions: null, kind: 'query', onLongText: 'truncate' } as const;
    await on.embedding.serve({ ...call, texts: ['a', 'b'] }, on.signal, within);
    expect(asked).toEqual([witnessTexts.length, 2]);
  });

  it('looks up texts that are copied, and never what a gate wants made again', async () => {
    const { embedder, migration, signal } = await fixture();
    const { rateBudget: budget } = createFakeState();
    const found: number[] = [];
    const cache = {
      async find(keys: readonly string[]) {
        found.push(keys.length);
        return keys.map(() => null);
      },
      keep: async () => undefined,
    };
    const embedding = createEmbedding({ catalogue: createFakeCatalogue([embedder]), budget, clock: createFakeClock(), cache });
    const { '': context } = await embedding.contexts(migration, signal);
    expect(found).toEqual([]);
    if (context === undefined) throw new Error('there is no context');
    await embedTexts(context, ['a', 'b', 'a']);
    expect(found).toEqual([2]);
    const call = {
      callId: 'm-embed-1',
      call: 'embed',
      model: 'hash/64',
      dimensions: null,
      kind: 'document',
      onLongText: 'truncate',
    } as const;
    await embedding.serve({ ...call, texts: ['a', 'b'] }, signal);
    expect(found).toEqual([2]);
  });

  it('refuses a model that is another by now, every time', async () => {
    const changed = createFakeEmbedder({ model: 'hash/64' });
    const embed: typeof changed.embed = async (texts, request) => {
      const made = await changed.embed(texts, request);
      return { ...made, vectors: made.vectors.toReversed() };
    };
    const on = await fixture({ ...changed, embed });
    for (let asked = 0; asked < 2; asked++) {
      await expect(on.embedding.contexts(on.migration, on.signal)).rejects.toMatchObject({ code: 'model-changed' });
    }
  });

  it('refuses a model that reads another number of tokens than what was accepted, where longer texts are cut', async () => {
    const on = await fixture(createFakeEmbedder({ model: 'hash/64', limits: { maxInputTokens: 256 } }));
    const { '': embedded } = on.migration.spec.vectors;
    const asked = (onLongText: 'quarantine' | 'truncate') => {
      const vectors = { '': { ...embedded, embed: { model: 'hash/64', text: '{{body}}', ...embedded?.embed, onLongText } } };
      return { ...on.migration, id: onLongText, spec: { ...on.migration.spec, vectors } } as Migration;
    };
    await on.embedding.contexts(asked('quarantine'), on.signal);
    await expect(on.embedding.contexts(asked('truncate'), on.signal)).rejects.toMatchObject({
      code: 'model-changed',
      message: expect.stringContaining('reads 256 tokens'),
    });
  });

  it('fills requests with texts of one vector of one migration alone, asked of one model in one way', async () => {
    const on = await fixture();
    const { migration, signal } = on;
    const catalogue = createFakeCatalogue([on.embedder]);
    const { rateBudget: budget } = createFakeState();
    const embedding = createEmbedding({ catalogue, budget, clock: createFakeClock(), sharesRequests: true });
    const { '': vector } = migration.spec.vectors;
    const { '': shown } = migration.witness;
    const said = { 'hash/64': { documentPrefix: 'passage: ' } };
    const two = {
      ...migration,
      witness: { a: shown, b: shown },
      spec: { ...migration.spec, vectors: { a: vector, b: vector } },
    } as Migration;
    const changes = [{}, { id: 'another' }, { isReversed: true }, { spec: { ...two.spec, models: said } }];
    const found = [];
    for (const change of changes) {
      const one = { ...two, ...change } as Migration;
      const { a, b } = await embedding.contexts(one, signal);
      const later = { ...one, epoch: one.epoch + 1 } as Migration;
      expect((await embedding.contexts(later, signal)).a?.shared).toBe(a?.shared);
      found.push(a?.shared, b?.shared);
    }
    expect(found).not.toContain(undefined);
    expect(new Set(found).size).toBe(found.length);
  });

  it('checks again after a check that failed', async () => {
    const no = new ReembedError('provider-unauthorized', 'no');
    const on = await fixture(createFakeEmbedder({ model: 'hash/64', failures: [no, no, no] }));
    await expect(on.embedding.contexts(on.migration, on.signal)).rejects.toMatchObject({ code: 'provider-unauthorized' });
    expect(Object.keys(await on.embedding.contexts(on.migration, on.signal))).toEqual(['']);
  });

  it('does not let a range that was stopped spoil the check of the others', async () => {
    const first = createFakeEmbedder({ model: 'hash/64' });
    const stop = new AbortController();
    const began = Promise.withResolvers<void>();
    const embed: typeof first.embed = async (texts, request) => {
      if (request.signal === stop.signal) {
        began.resolve();
        await new Promise((_, reject) => request.signal?.addEventListener('abort', () => reject(request.signal?.reason)));
      }
      return first.embed(texts, request);
    };
    const on = await fixture({ ...first, embed });
    const stopped = on.embedding.contexts(on.migration, stop.signal);
    await began.promise;
    const other = on.embedding.contexts(on.migration, on.signal);
    stop.abort(new Error('the range is lost'));
    await expect(stopped).rejects.toThrow('the range is lost');
    expect(Object.keys(await other)).toEqual(['']);
  });
});

it('asks a model as the spec of each migration says it is to be asked', async () => {
  const on = await fixture();
  const told: unknown[] = [];
  const catalogue = {
    ...createFakeCatalogue([on.embedder]),
    saying(models: object) {
      told.push(models);
      return createFakeCatalogue([on.embedder]);
    },
  };
  const clock = createFakeClock();
  const embedding = createEmbedding({ catalogue, budget: createFakeState({ clock }).rateBudget, clock });
  const said = { documentPrefix: 'passage: ' };
  await embedding.contexts({ ...on.migration, spec: { ...on.migration.spec, models: { 'hash/64': said } } }, on.signal);
  await embedding.serve({ callId: 'c', call: 'witness', model: 'hash/64', said, dimensions: null }, on.signal);
  await embedding.serve({ callId: 'c', call: 'witness', model: 'hash/64', dimensions: null }, on.signal);
  expect(told).toEqual([{ 'hash/64': said }, { 'hash/64': undefined }]);
});

describe('serve', () => {
  it('takes the witness of the model asked for', async () => {
    const on = await fixture();
    const job = { callId: 'c', call: 'witness', model: 'hash/64', dimensions: null } as const;
    expect(await on.embedding.serve(job, on.signal)).toEqual({ call: 'witness', witness: on.migration.witness[''] });
    await expect(on.embedding.serve({ ...job, model: 'no/model' }, on.signal)).rejects.toMatchObject({ code: 'unknown-model' });
  });

  it('embeds texts as queries or documents, and says which the provider refuses', async () => {
    const asked: string[] = [];
    const fake = createFakeEmbedder({ model: 'hash/64' });
    const embed: typeof fake.embed = (texts, request) => {
      asked.push(request.kind);
      return fake.embed(texts, request);
    };
    const on = await fixture({ ...fake, embed });
    const job = { callId: 'c', call: 'embed', model: 'hash/64', dimensions: null, onLongText: 'quarantine' } as const;
    const reply = await on.embedding.serve({ ...job, kind: 'query', texts: ['one', 'REFUSED'] }, on.signal);
    expect(reply).toEqual({
      call: 'embed',
      embedded: [
        { vector: vectorToBase64(Float32Array.from(fakeVector('one'))) },
        { refused: expect.stringMatching(/^the provider refuses a text; other texts pass.* \[provider-refused-input\]$/) },
      ],
    });
    await on.embedding.serve({ ...job, kind: 'document', texts: ['one'] }, on.signal);
    expect(new Set(asked.slice(0, -1))).toEqual(new Set(['query']));
    expect(asked.at(-1)).toBe('document');
  });
});
