import { metadataKeys, type Phase } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import type { IndexingState } from '../ports/collections.ts';
import { collection, int8, setRequantize } from './requantize.fixture.ts';

describe('requantize', () => {
  it('says what it would do, with memory and warnings, and changes nothing without the word', async () => {
    const { stores, ask } = await setRequantize();
    const acts = stores.acts.length;
    const plan = await ask({ apply: false });
    expect(plan).toMatchObject({ collection, state: 'planned', waiting: null, undo: [] });
    expect(plan.vectors).toMatchObject([
      { vector: '', from: { quantization: null }, to: { quantization: int8 }, before: null, verdict: null },
    ]);
    expect(plan.warnings.join('\n')).toContain('quantized vectors come on top: the originals of the unnamed vector stay in memory too');
    expect(stores.acts.slice(acts)).toEqual([]);
  });

  it('measures, changes, and measures again; no migration is made, and the way back is a command', async () => {
    const { stores, ask } = await setRequantize();
    const done = await ask();
    expect(done.state).toBe('done');
    expect(done.vectors[0]).toMatchObject({ before: { overlapAt10: 1, queries: 20 }, verdict: 'pass' });
    expect(done.vectors[0]?.after.map(({ search, overlapAt10 }) => [search, overlapAt10])).toEqual([
      [null, expect.closeTo(0.9)],
      [{ rescore: false }, expect.closeTo(0.9)],
      [{ rescore: true, oversampling: 3 }, 1],
    ]);
    expect(done.undo).toEqual(['reembed requantize docs --to none --yes']);
    const info = await stores.collections.describe(collection);
    expect(info?.quantizationConfig).toEqual(int8);
    expect(Object.keys(info?.metadata ?? {})).toEqual([metadataKeys.requantize]);
  });

  it('says so where searches find less than the threshold, names a search that would do, and leaves the setting as it is', async () => {
    const { stores, ask } = await setRequantize({ quantizedFinds: 6 });
    const { vectors, undo } = await ask();
    expect(vectors[0]).toMatchObject({ verdict: 'fail' });
    expect(vectors[0]?.says).toContain('searches find 0.600 of the ten nearest, 1.000 before; less than the 0.85 wanted');
    expect(vectors[0]?.says).toContain('{"quantization": {"rescore":true,"oversampling":3}}` found 1.000');
    expect(undo).toHaveLength(1);
    expect((await stores.collections.describe(collection))?.quantizationConfig).toEqual(int8);
  });

  it('goes on where it was, whichever request it died at: what was before is known in the end', async () => {
    for (const deadly of [1, 2]) {
      for (const arrives of [true, false]) {
        let patches = 0;
        const over = (collections: Awaited<ReturnType<typeof setRequantize>>['stores']['collections']) => ({
          async patch(name: string, body: Readonly<Record<string, unknown>>) {
            const dies = ++patches === deadly;
            if (!dies || arrives) await collections.patch(name, body);
            if (dies) throw new Error('killed');
          },
        });
        const { ask } = await setRequantize({ over });
        await expect(ask()).rejects.toThrow('killed');
        const done = await ask();
        expect(done).toMatchObject({
          state: 'done',
          vectors: [{ before: { overlapAt10: 1 } }],
          undo: [expect.stringContaining('--to none')],
        });
      }
    }
  });

  it('answers with what Qdrant still does, and measures once it has settled', async () => {
    const states: Partial<IndexingState>[] = [{}, {}, { status: 'yellow', pendingOptimizations: 2 }, {}, {}, {}, { status: 'yellow' }];
    const { ask } = await setRequantize({
      over: (collections) => ({ indexing: async (name) => ({ ...(await collections.indexing(name)), ...states.shift() }) }),
    });
    // Green right after the PATCH, and at work a moment later.
    expect(await ask({ apply: false })).toMatchObject({ state: 'planned' });
    const optimizing = await ask();
    expect(optimizing).toMatchObject({ state: 'optimizing', vectors: [{ before: { overlapAt10: 1 }, after: [], verdict: null }] });
    expect(optimizing.waiting).toContain('status yellow');
    expect(await ask({ apply: false })).toMatchObject({ state: 'done', vectors: [{ verdict: 'pass' }] });
  });

  it('wakes a server that was restarted midway, and only where the word was given', async () => {
    const grey = { status: 'grey', pendingOptimizations: 1 };
    const over: Parameters<typeof setRequantize>[0] = {
      over: (collections) => ({ indexing: async (name) => ({ ...(await collections.indexing(name)), ...grey }) }),
    };
    const given = await setRequantize(over);
    await given.ask();
    expect(await given.ask({ apply: false })).toMatchObject({ state: 'optimizing' });
    expect(given.stores.acts).toContain(`flush ${collection}`);
    const without = await setRequantize({ ...over, body: { vectors: { size: 2, distance: 'Cosine' }, quantization_config: int8 } });
    expect(await without.ask({ apply: false })).toMatchObject({ state: 'optimizing', undo: [] });
    expect(without.stores.acts).not.toContain(`flush ${collection}`);
  });

  it('measures what is so already, and says that nobody knows what was before', async () => {
    const { stores, ask } = await setRequantize({ body: { vectors: { size: 2, distance: 'Cosine' }, quantization_config: int8 } });
    const acts = stores.acts.length;
    const done = await ask();
    expect(done).toMatchObject({ state: 'done', undo: [], vectors: [{ before: null, verdict: 'pass' }] });
    expect(done.vectors[0]?.says).toContain('what they found before is not known');
    expect(stores.acts.slice(acts)).toEqual([]);
  });

  it('is planned anew where somebody else has changed the setting meanwhile', async () => {
    const { stores, ask } = await setRequantize();
    await ask();
    await stores.collections.patch(collection, { quantization_config: { binary: {} } });
    expect(await ask({ apply: false })).toMatchObject({
      state: 'planned',
      vectors: [{ from: { quantization: { binary: {} } } }],
      undo: [],
    });
  });

  it.each([1, 2, 3])('notes what was before the change, also where it slept in its look %i while somebody else changed it', async (at) => {
    let looks = 0;
    const { stores, ask } = await setRequantize({
      over: (collections, _, clock) => ({
        async indexing(name) {
          const seen = await collections.indexing(name);
          if (++looks === at) {
            clock.advance(3_600_000);
            await collections.patch(collection, { quantization_config: { binary: {} } });
          }
          return seen;
        },
      }),
    });
    await ask();
    const info = await stores.collections.describe(collection);
    expect(info?.quantizationConfig).toEqual(int8);
    expect(info?.metadata[metadataKeys.requantize]).toMatchObject({ vectors: { '': { from: { quantization: { binary: {} } } } } });
  });

  it('changes one vector and leaves the others, whatever the collection says', async () => {
    const vectors = { a: { size: 2, distance: 'Cosine' }, b: { size: 2, distance: 'Cosine' } };
    const { stores, ask } = await setRequantize({ body: { vectors, quantization_config: int8 } });
    const done = await ask({ vectors: ['a'], quantization: null });
    expect(done.vectors.map(({ vector }) => vector)).toEqual(['a']);
    expect(done.undo).toEqual(['reembed requantize docs --vector a --to scalar --yes']);
    const info = await stores.collections.describe(collection);
    expect([info?.quantizationConfig, info?.vectors]).toEqual([null, { a: vectors.a, b: { ...vectors.b, quantization_config: int8 } }]);
  });

  it('takes an alias, and an empty collection, where there is nothing to measure', async () => {
    const { stores, ask } = await setRequantize();
    await stores.collections.pointAlias('live', collection);
    stores.remove(
      collection,
      stores.pointsOf(collection).map(({ id }) => id),
    );
    const done = await ask({ collection: 'live' });
    expect(done).toMatchObject({ collection, state: 'done', vectors: [{ verdict: 'not-measured' }] });
    expect(done.warnings.join()).toContain('its aliases ("live") are served throughout');
  });

  it.each<[string, Parameters<typeof setRequantize>[0], object, object]>([
    [
      'no such collection',
      {},
      { collection: 'nope' },
      { field: 'collection', value: 'nope', message: expect.stringContaining('there are: docs') },
    ],
    ['no such vector', {}, { vectors: ['title'] }, { field: 'vectors.0', value: 'title', message: expect.stringContaining('(unnamed)') }],
    [
      'a sparse vector',
      { body: { vectors: { size: 2, distance: 'Cosine' }, sparse_vectors: { words: {} } } },
      { vectors: ['words'] },
      { field: 'vectors.0', value: 'words', message: expect.stringContaining('is sparse') },
    ],
    ['a server without turbo', { version: '1.17.0' }, { quantization: { turbo: {} } }, { field: 'quantization.turbo' }],
    [
      'a server without memory tiers',
      { version: '1.18.0' },
      { quantization: { binary: { memory: 'cold' } } },
      { field: 'quantization.binary.memory' },
    ],
    [
      'no exact search allowed',
      { body: { vectors: { size: 2, distance: 'Cosine' }, strict_mode_config: { enabled: true, search_allow_exact: false } } },
      {},
      { field: 'collection.strict_mode_config.search_allow_exact', value: false },
    ],
  ])('refuses by field, value and way out: %s', async (_name, setup, input, issue) => {
    const { stores, ask } = await setRequantize(setup);
    const acts = stores.acts.length;
    await expect(ask(input)).rejects.toMatchObject({ code: 'plan-blocked', issues: [issue] });
    expect(stores.acts.slice(acts)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['two kinds', { quantization: { ...int8, binary: {} } }, 'wants exactly one of scalar, product, binary, turbo'],
    ['a quantile out of range', { quantization: { scalar: { quantile: 0.4 } } }, 'quantization.scalar.quantile (0.4)'],
    ['a word misspelt', { quantization: { scalar: { alwaysRam: true } } }, 'quantization.scalar.alwaysRam (true): is not a known field'],
  ])('refuses a request with %s', async (_name, input, words) => {
    const { ask } = await setRequantize();
    await expect((async () => ask(input))()).rejects.toMatchObject({ code: 'invalid-request', message: expect.stringContaining(words) });
  });

  const phases: readonly (readonly [Phase, boolean])[] = [
    ['copying', false],
    ['ready', false],
    ['paused', false],
    ['switching', false],
    ['observing', true],
    ['completed', true],
    ['cancelled', true],
  ];
  it.each(phases.flatMap(([phase, allowed]) => [[phase, 'target', allowed] as const, [phase, 'source', allowed] as const]))(
    'of a migration that is %s, its %s: allowed is %s',
    async (phase, role, allowed) => {
      const { stores, ask } = await setRequantize();
      await stores.collections.create('other', { vectors: { size: 2, distance: 'Cosine' } });
      const [source, target] = role === 'source' ? [collection, 'other'] : ['other', collection];
      const state = {
        number: 3,
        phase,
        epoch: 1,
        resumeTo: phase === 'paused' ? 'copying' : null,
        owner: 'f',
        at: '2026-01-01T00:00:00.000Z',
      };
      const metadata = { [metadataKeys.migration]: { id: 'm1', resolved: { source } }, [metadataKeys.phase]: state };
      await stores.collections.patch(target, { metadata });
      if (allowed) expect(await ask()).toMatchObject({ state: 'done' });
      else
        await expect(ask()).rejects.toMatchObject({
          code: 'wrong-state',
          message: expect.stringContaining(`the ${role} of migration m1, which is ${phase}`),
        });
    },
  );

  it('changes nothing of what a migration has begun to work on since it noted what was before', async () => {
    const phase = {
      phase: 'copying',
      number: 2,
      epoch: 1,
      owner: 'somebody',
      resumeTo: null,
      lateWrites: [],
      at: '2026-01-01T00:00:00.000Z',
    };
    const begun = { metadata: { reembed: { format: 1, id: 'm1' }, [metadataKeys.phase]: phase } };
    const { ask, stores } = await setRequantize({
      over: (collections) => ({
        async patch(name, body) {
          await collections.patch(name, body);
          if (Object.keys(body.metadata ?? {}).includes(metadataKeys.requantize)) await collections.patch(name, begun);
        },
      }),
    });
    await expect(ask()).rejects.toMatchObject({ code: 'wrong-state' });
    expect((await stores.collections.describe(collection))?.quantizationConfig ?? null).toBeNull();
  });
});
