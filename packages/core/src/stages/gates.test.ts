import { decisionsMetadataSchema, emptyTally, metadataKeys, type SearchTally, type SpecInput, specSchema } from '@reembed/contracts';
import { buildAdapterHeader, createFakeAdapters, type FakeEmbedderOptions, fakeVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { adoptTarget } from '../commands/adopt.ts';
import { command } from '../commands/commands.ts';
import { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { type FleetOptions, startFleet } from './fleet.fixture.ts';

const topics = 60;

/** Two documents a topic; a good model puts a topic's documents and its query in one place. */
function around(turn: number): number[] {
  return [Math.cos(turn), Math.sin(turn), 0, 0];
}

function topicOf(text: string): number {
  return Number(/topic (\d+)/.exec(text)?.[1] ?? 0);
}

const good = (text: string) => around((topicOf(text) / topics) * 2 * Math.PI);
/** Documents far from their queries. */
const bad = (text: string) => (text.includes('about') ? good(text) : around(((topicOf(text) * 7 + 3) / topics) * 2 * Math.PI));
/** Good by itself, and of another space than the others. */
const aside = (text: string) => around((((topicOf(text) * 11 + 17) % topics) / topics) * 2 * Math.PI);
/** Every second topic is a good one. */
const half = (text: string) => (topicOf(text) % 2 === 0 ? good(text) : bad(text));
const otherHalf = (text: string) => (topicOf(text) % 2 === 1 ? good(text) : bad(text));
const models = { good, bad, half, otherHalf, aside };
type Model = keyof typeof models;

function pointsBy(model: Model): PointText[] {
  return Array.from({ length: topics * 2 }, (_, n) => {
    const body = `topic ${n % topics}, document ${n + 1}`;
    return {
      id: { kind: 'integer', id: String(n + 1) },
      payload: JSON.stringify({ body }),
      vectors: { '': JSON.stringify(models[model](body)) },
    };
  });
}

const queries = Array.from({ length: topics }, (_, topic) => ({ id: `q${topic}`, text: `about topic ${topic}` }));
const qrels = queries.flatMap(({ id }, topic) =>
  [topic + 1, topic + 1 + topics].map((document) => ({ query: id, document: String(document), relevance: 1 })),
);

const allModels: readonly FakeEmbedderOptions[] = (Object.keys(models) as Model[]).map((name) => ({
  model: `fake/${name}`,
  vectorOf: models[name],
}));

type Setup = {
  gates?: SpecInput['gates'];
  old?: string | null;
  mode?: 'auto' | 'manual';
  vectors?: SpecInput['vectors'];
  search?: SpecInput['search'];
};

function spec(to: Model, { gates = { queries, qrels }, old, mode = 'manual', vectors, search = {} }: Setup, from: Model) {
  const made = old === undefined ? `fake/${from}` : old;
  return specSchema.parse({
    name: 'docs',
    source: { collection: 'docs_v1', vectors: made === null ? {} : { '': { model: made, text: '{{body}}' } } },
    target: { collection: 'docs_v2', alias: 'docs' },
    vectors: vectors ?? { '': { embed: { model: `fake/${to}`, text: '{{body}}' } } },
    search,
    gates,
    switch: { mode },
  });
}

/** A migration from one model to another that has come to rest. */
async function migrate(from: Model, to: Model, setup: Setup = {}, options: FleetOptions = {}) {
  const on = await startFleet({ points: pointsBy(from), size: 4, others: allModels, ...options });
  await on.submit(spec(to, setup, from));
  return on;
}

async function settled(...given: Parameters<typeof migrate>) {
  const on = await migrate(...given);
  await on.settle();
  return on;
}

const word = { gate: 'quality', by: 'Ada', reason: 'the labels are old' } as const;

describe('the quality gate', () => {
  it('passes an upgrade, and the migration switches by itself where it may', async () => {
    const on = await settled('bad', 'good', { mode: 'auto' });
    const { phase, gates } = await on.load();
    expect(phase).toBe('observing');
    expect(gates).toMatchObject({ fidelity: { verdict: 'pass' }, quality: { verdict: 'pass' } });
    const whole = await on.state.gates.load('m1');
    const row = whole?.quality.metrics.find(({ metric, mode }) => metric === 'ndcg@10' && mode === 'exact');
    expect(row).toMatchObject({ new: 1 });
    expect(row?.difference).toBeGreaterThan(0.2);
    expect(whole?.quality.latencyMs).toEqual({ old: { p50: 1, p95: 1 }, new: { p50: 1, p95: 1 } });
    expect(whole?.quality.won[0]?.new[0]?.text).toMatch(/^topic \d+, document/);
  });

  it('stops a downgrade, by hand and by itself, with its numbers and the way out', async () => {
    const on = await settled('good', 'bad', { mode: 'auto' });
    const { phase, gates, waiting } = await on.load();
    expect(phase).toBe('ready');
    expect(gates?.quality.verdict).toBe('fail');
    await on.follow();
    expect((await on.load()).waiting?.reason ?? waiting?.reason).toMatch(
      /the quality gate has failed: nDCG@10 1\.000 old.*--override quality/,
    );
    await expect(command(on.deps, 'm1', 'switch')).rejects.toMatchObject({
      code: 'gate-not-passed',
      message: expect.stringMatching(/the quality gate has failed: nDCG@10 1\.000 old.*--override quality/),
    });
    expect(await on.alias()).toBe('docs_v1');
  });

  it('asks a person where the numbers allow either', async () => {
    const on = await settled('half', 'good', { gates: { queries, qrels, minNdcgDelta: 0.5 } });
    expect((await on.load()).gates?.quality.verdict).toBe('inconclusive');
    await expect(command(on.deps, 'm1', 'switch')).rejects.toMatchObject({ code: 'gate-not-passed' });
  });

  it('goes on over an override, which is kept with its name and reason where no lost Redis takes it', async () => {
    const on = await settled('good', 'bad');
    await command(on.deps, 'm1', 'switch', { override: word });
    await on.settle();
    expect((await on.load()).phase).toBe('observing');
    const kept = decisionsMetadataSchema.parse((await on.stores.collections.describe('docs_v2'))?.metadata['reembed.decisions']);
    expect(kept.overrides).toMatchObject([{ ...word, verdict: 'fail' }]);
    const elsewhere = await startFleet();
    const { migration } = await adoptTarget({ ...elsewhere.deps, collections: on.stores.collections }, 'docs_v2');
    expect(migration.overrides).toEqual(kept.overrides);
  });

  it('takes a word about one gate for no word about the other', async () => {
    const on = await settled('good', 'bad');
    await expect(command(on.deps, 'm1', 'switch', { override: { ...word, gate: 'fidelity' } })).rejects.toMatchObject({
      code: 'gate-not-passed',
    });
    expect((await on.load()).overrides).toEqual([]);
  });

  it('does not switch once a later measurement is worse than what the word was given against', async () => {
    const on = await settled('half', 'good', { gates: { queries, qrels, minNdcgDelta: 0.5 } });
    const { gates } = await on.load();
    if (gates === null) throw new Error('nothing was measured');
    const overrides = [{ ...word, verdict: 'inconclusive', at: gates.at } as const];
    await on.state.migrations.update('m1', (now) => ({
      ...now,
      overrides,
      gates: { ...gates, quality: { verdict: 'fail', reasons: ['x'] } },
    }));
    await expect(command(on.deps, 'm1', 'switch')).rejects.toMatchObject({ code: 'gate-not-passed' });
    await on.state.migrations.update('m1', (now) => ({ ...now, gates }));
    await command(on.deps, 'm1', 'switch');
    expect((await on.load()).phase).toBe('switching');
  });

  it('is measured anew on a word, and not by a switch that a late change sends back to sync', async () => {
    const on = await settled('bad', 'good');
    const first = (await on.load()).gates?.at;
    await command(on.deps, 'm1', 'verify');
    await on.settle();
    const second = (await on.load()).gates?.at;
    expect(second).not.toBe(first);
    await command(on.deps, 'm1', 'switch');
    for (let steps = 0; (await on.load()).cutover !== 'compare'; steps++) {
      if (steps > 50) throw new Error('it does not come to compare');
      await on.step();
      await on.work();
    }
    on.stores.put('docs_v1', [{ ...(pointsBy('bad')[0] as PointText), payload: '{"body":"topic 3, another"}' }]);
    await on.settle();
    expect(on.phases).toContain('syncing');
    expect(await on.load()).toMatchObject({ phase: 'observing', gates: { at: second } });
  });

  it('blocks where queries were given and the old model is not known, and says what to set', async () => {
    const on = await settled('bad', 'good', { old: null });
    expect((await on.load()).gates?.quality).toMatchObject({
      verdict: 'fail',
      reasons: [expect.stringContaining('set source.vectors.""')],
    });
    await expect(command(on.deps, 'm1', 'switch')).rejects.toMatchObject({ code: 'gate-not-passed' });
  });

  it('blocks where the model that is said to be the old one gives vectors of another size', async () => {
    const on = await settled('bad', 'good', {}, { size: 3 });
    expect((await on.load()).gates?.quality.reasons[0]).toMatch(/gives 4 dimensions and the vector "" has 3/);
  });

  it('judges no old side that is asked by a model which did not make it: a downgrade would look like an upgrade', async () => {
    const on = await settled('good', 'half', { old: 'fake/aside', mode: 'auto' });
    const { phase, gates } = await on.load();
    expect(phase).toBe('ready');
    expect(gates?.quality).toMatchObject({
      verdict: 'inconclusive',
      reasons: [expect.stringMatching(/the old vector "" is not what fake\/aside makes of "\{\{body\}\}".*Mend source\.vectors/)],
    });
    expect(await on.alias()).toBe('docs_v1');
  });

  it('says that the old model was not proven where no stored text can be tried, and believes the metadata of the source over a spec that differs', async () => {
    const untold = {
      ...spec('good', {}, 'bad'),
      source: { collection: 'docs_v1', vectors: { '': { model: 'fake/bad', text: '{{gone}}' } } },
    };
    const run = async (metadata: Readonly<Record<string, unknown>>) => {
      const on = await startFleet({ points: pointsBy('bad'), size: 4, others: allModels });
      await on.stores.collections.patch('docs_v1', { metadata });
      await on.submit(specSchema.parse(untold));
      await on.settle();
      return (await on.load()).gates?.quality;
    };
    const unproven = await run({});
    expect(unproven?.verdict).toBe('pass');
    expect(unproven?.reasons).toContainEqual(
      expect.stringMatching(/that fake\/bad made the old vector "" was not proven: no sampled point/),
    );
    const contradicted = await run({
      [metadataKeys.migration]: { vectors: { '': { model: 'fake/half', dimensions: 4, text: '{{body}}' } } },
    });
    expect(contradicted).toMatchObject({
      verdict: 'inconclusive',
      reasons: [expect.stringMatching(/names fake\/bad, and the metadata of "docs_v1" says that fake\/half made this vector/)],
    });
  });

  it('is not measured without queries, and blocks nothing', async () => {
    const on = await settled('good', 'bad', { gates: {}, old: null, mode: 'auto' });
    expect(await on.load()).toMatchObject({ phase: 'observing', gates: { quality: { verdict: 'not-measured' } } });
  });

  it('tells of queries without judgements, and of known items, how much differs, and never passes on it', async () => {
    const on = await settled('bad', 'good', {
      gates: { queries, scoreThreshold: 0.99, knownItems: { text: 'about {{body}}', points: 7 } },
    });
    const whole = await on.state.gates.load('m1');
    expect(whole?.quality).toMatchObject({ verdict: 'not-measured', basis: 'difference', queries: topics, labelled: 0 });
    expect(whole?.quality.overlap).toBeLessThan(1);
    expect(whole?.quality.threshold).toMatchObject({ basis: 'volume', old: 0.99, queries: topics });
    expect(whole?.quality.reasons).toContainEqual(expect.stringMatching(/^a score threshold of 0\.99 becomes /));
    expect(whole?.quality.knownItems).toMatchObject({ queries: 7 });
  });

  it('holds a copy to the results it had, by the points themselves where no queries are given', async () => {
    const on = await settled('good', 'good', { gates: {}, old: null, vectors: { '': { keep: '' } } });
    expect((await on.state.gates.load('m1'))?.quality).toMatchObject({ verdict: 'pass', basis: 'same-space', overlap: 1 });
  });

  it('holds a copy with many equal vectors to them as to one another, and counts no point for finding itself', async () => {
    // All documents of eight topics are alike, and there are fifteen of each: ten of them are chance.
    const points = pointsBy('good').map((point, n) => ({
      ...point,
      vectors: { '': JSON.stringify(around(((n % 8) / 8) * 2 * Math.PI)) },
    }));
    const on = await migrate('good', 'good', { gates: {}, old: null, vectors: { '': { keep: '' } } }, { points });
    const search: typeof on.stores.searches.search = async (collection, request) => {
      const all = await on.stores.searches.search(collection, { ...request, limit: points.length });
      const shuffled = collection === 'docs_v2' ? [...all.hits].reverse().sort((a, b) => b.score - a.score) : all.hits;
      return { ...all, hits: shuffled.slice(0, request.limit ?? request.profile.limit) };
    };
    await on.settle({ searches: { search } });
    const quality = (await on.state.gates.load('m1'))?.quality;
    expect(quality).toMatchObject({ verdict: 'pass', basis: 'same-space', overlap: 1 });
    expect(quality?.scores?.new.p95).toBe(1);
  });

  it('counts no query whose relevant documents do not exist: many of those would water down a loss of the others', async () => {
    const asked = [...queries, ...Array.from({ length: 900 }, (_, n) => ({ id: `absent${n}`, text: `about nothing ${n}` }))];
    const judged = [
      ...qrels,
      ...asked.slice(topics).map(({ id }, n) => ({ query: id, document: n % 2 === 0 ? `doc-${n}` : String(5_000 + n), relevance: 1 })),
    ];
    const on = await settled('good', 'half', { gates: { queries: asked, qrels: judged, minNdcgDelta: -0.04 }, mode: 'auto' });
    const quality = (await on.load()).gates?.quality;
    expect(quality?.verdict).toBe('fail');
    expect(quality?.reasons).toContainEqual(
      expect.stringMatching(
        /^of 900 labelled queries no relevant document is in "docs_v1" \("doc-0", "5001", "doc-2", …\), and they do not count/,
      ),
    );
    expect(await on.alias()).toBe('docs_v1');
  });

  it('is inconclusive, and not without labels, where no judged document exists', async () => {
    const on = await settled('good', 'good', {
      gates: { queries, qrels: queries.map(({ id }) => ({ query: id, document: `doc-${id}`, relevance: 1 })) },
      mode: 'auto',
    });
    expect((await on.load()).gates?.quality).toMatchObject({
      verdict: 'inconclusive',
      reasons: expect.arrayContaining([expect.stringMatching(/^no search found a document that gates\.qrels judges/)]),
    });
    expect(await on.alias()).toBe('docs_v1');
  });

  it('judges within the values of a payload field too: what one language gains pays for no loss of another', async () => {
    const points = pointsBy('otherHalf').map((point, n) => ({
      ...point,
      payload: JSON.stringify({ body: `topic ${n % topics}, document ${n + 1}`, lang: n % 2 === 0 ? 'en' : 'de' }),
    }));
    const asked = points.map((_, n) => ({ id: `q${n}`, text: `about topic ${n % topics}, document ${n + 1}` }));
    const judged = asked.map(({ id }, n) => ({ query: id, document: String(n + 1), relevance: 1 }));
    const gates = { queries: asked, qrels: judged, slices: ['lang'], minNdcgDelta: -0.1 };
    const on = await settled('otherHalf', 'half', { gates, mode: 'auto' }, { points });
    const quality = (await on.state.gates.load('m1'))?.quality;
    expect(quality?.slices).toMatchObject([
      { field: 'lang', value: 'de', verdict: 'fail', level: 0.975 },
      { field: 'lang', value: 'en', verdict: 'pass' },
    ]);
    expect((await on.load()).gates?.quality).toMatchObject({
      verdict: 'fail',
      reasons: expect.arrayContaining([expect.stringMatching(/^lang "de": nDCG@10 .* at least -0\.100 wanted$/)]),
    });
    expect(await on.alias()).toBe('docs_v1');
  });

  it('asks dense, BM25 and both fused, and says where the hybrid is worse than its dense part', async () => {
    // The fake tokens are lengths of words, the same in every document: this BM25 knows nothing.
    const vectors = { dense: { keep: '' }, words: { bm25: { text: '{{body}}', language: 'thai' } } };
    const search = { new: { prefetch: [{ using: 'dense' }, { using: 'words' }], fusion: 'rrf' as const } };
    const on = await settled('good', 'good', { vectors, search });
    const quality = (await on.state.gates.load('m1'))?.quality;
    expect(quality?.systems).toMatchObject([
      { name: '"dense" alone (fake/good)', metrics: { ndcg: 1 }, empty: 0 },
      { name: '"words" alone (qdrant/bm25)', role: 'part' },
      { name: '"dense" + "words", rrf', role: 'whole', asked: true },
    ]);
    expect(quality?.systems[2]?.metrics?.ndcg).toBe(quality?.metrics[0]?.new);
    expect(quality?.reasons).toContainEqual(expect.stringMatching(/^"dense" \+ "words", rrf finds less than "dense" alone/));
    expect(quality?.reasons).toContainEqual(expect.stringMatching(/no list of stop words for thai/));
    expect(quality?.verdict).toBe('fail');
    expect(quality?.fusion).toMatchObject({ basis: 'labels', asked: 'rrf', best: '"dense" alone (fake/good)' });
    expect(quality?.fusion?.ways.find(({ name }) => name === 'rrf')?.ndcg).toBeCloseTo(quality?.systems[2]?.metrics?.ndcg ?? 0, 1);
  });

  it('counts points that share a document as one', async () => {
    const points = pointsBy('bad').map((point, n) => ({
      ...point,
      payload: JSON.stringify({ body: `topic ${n % topics}`, doc: `d${n % topics}` }),
    }));
    const judged = queries.map(({ id }, topic) => ({ query: id, document: `d${topic}`, relevance: 1 }));
    const on = await settled('bad', 'good', { gates: { queries, qrels: judged, documentField: 'doc' } }, { points });
    expect((await on.state.gates.load('m1'))?.quality).toMatchObject({ verdict: 'pass', judged: { new: expect.any(Number) } });
    expect((await on.state.gates.load('m1'))?.quality.metrics.find(({ metric }) => metric === 'ndcg@10')?.new).toBe(1);
  });

  it('waits for a provider that is away, and stops for one that refuses', async () => {
    const failures = [null, new ReembedError('provider-unreachable', 'away'), new ReembedError('provider-unreachable', 'away')];
    const others = (old: FakeEmbedderOptions) => ({ others: [old, { model: 'fake/good', vectorOf: good }] });
    const waits = await settled('bad', 'good', {}, others({ model: 'fake/bad', vectorOf: bad, failures: failures.slice(1) }));
    expect((await waits.load()).gates?.quality.verdict).toBe('pass');
    const never = Array.from({ length: 50 }, () => new ReembedError('provider-unauthorized', 'no key'));
    const stops = await settled('bad', 'good', {}, others({ model: 'fake/bad', vectorOf: bad, failures: never }));
    expect((await stops.load()).gates?.quality).toMatchObject({
      verdict: 'fail',
      reasons: [expect.stringContaining('no key [provider-unauthorized]')],
    });
  });
});

describe('the quality gate of mapped vectors', () => {
  /** Stands for a map from the one model's space into the other's: a quarter turn. */
  const turn = (rows: Float32Array) => rows.map((_, at) => (at % 4 === 0 ? -(rows[at + 1] ?? 0) : at % 4 === 1 ? (rows[at - 1] ?? 0) : 0));
  const turned = (model: Model) => (text: string) => [...turn(Float32Array.from(models[model](text)))];
  const header = buildAdapterHeader({
    from: { model: 'fake/good', dimensions: 4, text: '{{body}}' },
    to: { model: 'fake/turned', dimensions: 4, text: '{{body}}' },
  });

  /** nDCG@10 of documents of a good model, mapped, when the new model places queries well or not. */
  async function ndcg(queries: 'new' | 'old', fresh: Model) {
    const aside = (text: string) => turned(fresh)(text.replace('about ', fresh === 'bad' ? '' : 'about '));
    const on = await settled(
      ...(['good', 'good'] as const),
      { vectors: { '': { keep: '' }, mapped: { project: { vector: '', adapter: 'map.json', queries } } } },
      {
        others: [
          { model: 'fake/good', vectorOf: good },
          { model: 'fake/turned', vectorOf: aside },
        ],
        learnedMaps: createFakeAdapters({ 'map.json': header }, () => turn),
      },
    );
    expect((await on.load()).origins.mapped).toMatchObject({ model: 'fake/turned', projected: { from: 'fake/good', queries } });
    const { metrics = [] } = (await on.state.gates.load('m1'))?.quality ?? {};
    return metrics.find(({ metric, mode }) => metric === 'ndcg@10' && mode === 'exact')?.new;
  }

  it('asks by the new model, as it is, where applications will', async () => {
    expect(await ndcg('new', 'good')).toBe(1);
    expect(await ndcg('new', 'bad')).toBeLessThan(0.6);
  });

  it('asks by the old model, through the same map, where applications will', async () => {
    expect(await ndcg('old', 'bad')).toBe(1);
  });
});

describe('the fidelity gate', () => {
  it('names the points whose vectors are not those of their texts', async () => {
    const on = await migrate('bad', 'good', { gates: {} });
    await on.until('verifying');
    const [first] = on.stores.pointsOf('docs_v2');
    if (first === undefined) throw new Error('nothing was copied');
    on.stores.put('docs_v2', [{ ...first, vectors: { '': '[0.0,0.0,1.0,0.0]' } }]);
    await on.settle();
    const whole = await on.state.gates.load('m1');
    expect(whole?.fidelity.verdict).toBe('fail');
    expect(whole?.fidelity.checks.find(({ name }) => name === 'embedded-again')).toMatchObject({
      verdict: 'fail',
      ids: [{ id: '1' }],
      message: expect.stringMatching(/1 of 50 points.*point 1 has cosine 0\.0000/),
    });
    await expect(command(on.deps, 'm1', 'switch')).rejects.toMatchObject({
      code: 'gate-not-passed',
      message: expect.stringMatching(/fidelity gate has failed.*--override fidelity/),
    });
  });

  it('goes by the spread that the server itself has: what is within it is what is stored, and what is not is named', async () => {
    let nth = 0;
    const vectorOf = (text: string) => good(text).map((value, at) => (at === 2 ? 0.08 * (nth++ % 2) : value));
    const on = await migrate('bad', 'good', { gates: {} }, { others: [...allModels.slice(1), { model: 'fake/good', vectorOf }] });
    await on.until('verifying');
    await on.settle();
    const check = async () => (await on.state.gates.load('m1'))?.fidelity.checks.find(({ name }) => name === 'embedded-again');
    expect(await check()).toMatchObject({ verdict: 'pass', message: expect.stringMatching(/cosine at least 0\.98\d* wanted/) });
    const [first] = on.stores.pointsOf('docs_v2');
    if (first === undefined) throw new Error('nothing was copied');
    on.stores.put('docs_v2', [{ ...first, vectors: { '': '[0.0,0.0,1.0,0.0]' } }]);
    await command(on.deps, 'm1', 'verify');
    await on.settle();
    expect(await check()).toMatchObject({ verdict: 'fail', ids: [{ id: '1' }] });
  });

  it('embeds words and rows again too, and names the point whose own are others, or fewer', async () => {
    const shaped: FakeEmbedderOptions[] = [
      { model: 'fake/words', shape: 'words', vectorOf: (text) => [topicOf(text), 0.5, 7_000, 1.25] },
      { model: 'fake/rows', shape: 'rows', vectorOf: (text) => [...good(text), ...fakeVector(text)] },
    ];
    const made = { via: 'worker', text: '{{body}}' } as const;
    const vectors = {
      '': { keep: '' },
      words: { sparse: { ...made, model: 'fake/words' } },
      rows: { multivector: { ...made, model: 'fake/rows', dimensions: 4 } },
    };
    const on = await migrate('good', 'good', { gates: {}, vectors, search: { new: { using: '' } } }, { others: [...allModels, ...shaped] });
    const check = async () => {
      await on.settle();
      return (await on.state.gates.load('m1'))?.fidelity.checks.find(({ name }) => name === 'embedded-again');
    };
    expect(await check()).toMatchObject({ verdict: 'pass', message: expect.stringContaining('50 points embedded again') });
    for (const [other, says] of [
      [{ words: '{"indices":[0,7001],"values":[0.5,1.25]}' }, /point 1 has cosine 0\.13\d\d in "words"/],
      [{ rows: '[[1.0,0.0,0.0,0.0]]' }, /point 1 has cosine 0\.0000 in "rows"/],
    ] as const) {
      const [first] = on.stores.pointsOf('docs_v2');
      if (first === undefined) throw new Error('nothing was copied');
      on.stores.put('docs_v2', [{ ...first, vectors: { ...first.vectors, ...other } }]);
      await command(on.deps, 'm1', 'verify');
      expect(await check()).toMatchObject({ verdict: 'fail', ids: [{ id: '1' }], message: expect.stringMatching(says) });
      on.stores.put('docs_v2', [first]);
    }
  });

  it('fails a target whose vectors are zero or gone, which no writer causes', async () => {
    const on = await migrate('bad', 'good', { gates: { sampledPoints: 0 } });
    await on.until('verifying');
    const [first, second] = on.stores.pointsOf('docs_v2');
    if (first === undefined || second === undefined) throw new Error('nothing was copied');
    on.stores.put('docs_v2', [
      { ...first, vectors: { '': '[0.0,0.0,0.0,0.0]' } },
      { ...second, vectors: {} },
    ]);
    await on.settle();
    expect((await on.state.gates.load('m1'))?.fidelity.checks).toContainEqual(
      expect.objectContaining({
        name: 'vectors',
        verdict: 'fail',
        ids: [
          { kind: 'integer', id: '1' },
          { kind: 'integer', id: '2' },
        ].reverse(),
      }),
    );
  });

  it('does not blame a point that is edited while it is embedded again', async () => {
    const on = await migrate('bad', 'good', { gates: {} });
    await on.until('verifying');
    for (let steps = 0; (await on.load()).gating === null; steps++) {
      if (steps > 50) throw new Error('the gates are not measured');
      await on.step();
      await on.work();
    }
    const [first] = pointsBy('bad');
    if (first === undefined) throw new Error('no point');
    on.stores.put('docs_v1', [{ ...first, payload: '{"body":"topic 9, edited"}' }]);
    await on.settle();
    expect((await on.load()).gates?.fidelity.verdict).toBe('pass');
  });

  it('says that the index is still building, after a while', async () => {
    const on = await migrate('bad', 'good', { gates: {} });
    await on.until('verifying');
    const indexing: typeof on.stores.collections.indexing = async (name) => ({
      ...(await on.stores.collections.indexing(name)),
      status: 'yellow',
    });
    const deps = { collections: { ...on.stores.collections, indexing } };
    for (let steps = 0; (await on.load()).phase !== 'ready'; steps++) {
      if (steps > 2_000) throw new Error('it waits for ever');
      await on.step(deps);
      await on.work();
    }
    expect((await on.load()).gates?.fidelity).toMatchObject({
      verdict: 'inconclusive',
      reasons: [expect.stringContaining('index: still building')],
    });
  });

  it('claims no recall of an index where nothing is indexed', async () => {
    const on = await migrate('bad', 'good', { gates: { queries } });
    await on.until('verifying');
    const indexing: typeof on.stores.collections.indexing = async (name) => ({
      ...(await on.stores.collections.indexing(name)),
      indexedVectors: 0,
    });
    await on.settle({ collections: { ...on.stores.collections, indexing } });
    expect((await on.state.gates.load('m1'))?.fidelity.checks).toContainEqual(
      expect.objectContaining({
        name: 'ann-recall',
        verdict: 'not-measured',
        message: expect.stringMatching(/no vector of 120 points is indexed/),
      }),
    );
    expect((await on.state.gates.load('m1'))?.quality.equalRecall).toBeNull();
  });

  it('compares latency where both sides find the same, by an hnsw_ef, or says that none makes them', async () => {
    const measure = async (found: (ef: number | undefined) => number) => {
      const on = await migrate('bad', 'good', { gates: { queries } });
      await on.until('verifying');
      const search: typeof on.stores.searches.search = async (collection, request) => {
        const { hits } = await on.stores.searches.search(collection, request);
        const cut = collection === 'docs_v2' && !request.exact;
        return { hits: cut ? hits.slice(0, found(request.ef)) : hits, tookMs: request.ef ?? 1 };
      };
      await on.settle({ searches: { search } });
      return (await on.state.gates.load('m1'))?.quality;
    };
    const reached = await measure((ef = 0) => (ef >= 128 ? 10 : 5));
    expect(reached?.equalRecall).toMatchObject({ queries: 50, reached: true, old: { recall: 1 }, new: { ef: 128, recall: 1, p50: 128 } });
    expect(reached?.reasons).toContainEqual(expect.stringMatching(/^at equal recall \(1\.000 old, 1\.000 new of the ten nearest/));
    const never = await measure(() => 5);
    expect(never?.equalRecall).toMatchObject({ reached: false, old: { recall: 1 }, new: { ef: null, recall: 0.5 } });
    expect(never?.reasons).toContainEqual(expect.stringMatching(/^latency cannot be compared at equal recall/));
  });

  it('fails an index that finds too little, measured against the exact search and the source', async () => {
    const on = await migrate('bad', 'good', { gates: {} });
    await on.until('verifying');
    const search: typeof on.stores.searches.search = async (collection, request) => {
      const { hits, tookMs } = await on.stores.searches.search(collection, request);
      return { hits: collection === 'docs_v2' && !request.exact ? hits.slice(0, 5) : hits, tookMs };
    };
    await on.settle({ searches: { search } });
    expect((await on.load()).gates?.fidelity).toMatchObject({
      verdict: 'fail',
      reasons: [
        expect.stringMatching(
          /ann-recall: "": the index finds 0\.500 of the ten nearest, at least 0\.950 wanted, the source's own index 1\.000/,
        ),
      ],
    });
  });
});

describe('a measurement', () => {
  it('ends the same when every look and act of it may be its last, and measures nothing twice', async () => {
    const on = await migrate('bad', 'good');
    await on.until('verifying');
    let calls = 0;
    const dies = <T extends object>(port: T): T =>
      new Proxy(port, {
        get: (target, name) => {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== 'function') return method;
          return async (...given: unknown[]) => {
            if (++calls % 37 === 0) throw new ReembedError('qdrant-unreachable', 'away');
            return method.apply(target, given);
          };
        },
      });
    const { collections, points, gates } = on.deps;
    await on.settle({ collections: dies(collections), points: dies(points), gates: dies(gates) });
    expect(await on.load()).toMatchObject({ phase: 'ready', gates: { quality: { verdict: 'pass' } } });
  });

  it('that was saved before a crash is taken as it is', async () => {
    const on = await migrate('bad', 'good');
    await on.until('verifying');
    const save: typeof on.deps.gates.save = async (id, gates) => {
      await on.deps.gates.save(id, gates);
      throw new ReembedError('redis-unreachable', 'away');
    };
    for (let steps = 0; (await on.state.gates.load('m1')) === null; steps++) {
      if (steps > 50) throw new Error('nothing is measured');
      await on.step({ gates: { ...on.deps.gates, save } });
      await on.work();
    }
    const search = async () => Promise.reject(new Error('nobody searches again'));
    await on.settle({ searches: { search } });
    expect((await on.load()).gates?.quality.verdict).toBe('pass');
  });
});

describe('the gate of searches that both sides were asked', () => {
  const shadow = { minAgreement: 0.5, minSearches: 10 };
  const found = (searches: number, agreedAt10: number): SearchTally => {
    const tally = emptyTally();
    const side = { searches, empty: 0, tookMs: 0 };
    return { ...tally, shadow: { old: side, new: side, agreedAt1: 0, agreedAt10 } };
  };

  it('keeps a migration from switching by itself until there are enough of them, and they agree', async () => {
    const on = await settled('bad', 'good', { mode: 'auto', gates: { queries, qrels, shadow } });
    await on.state.searchTallies.add('m1', found(9, 9));
    await on.follow();
    const waits = await on.load();
    expect(waits).toMatchObject({ phase: 'ready', gates: { shadow: { verdict: 'inconclusive' } } });
    expect(waits.waiting?.reason).toMatch(
      /^for searches: the shadow gate is inconclusive: 9 of the 10 searches.*it switches by itself.*one REDIS_URL for them and this fleet/,
    );
    await on.state.searchTallies.add('m1', found(1, 0));
    await on.follow();
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', gates: { shadow: { verdict: 'pass' } } });
  });

  it('is judged as it stands when the word to switch is said, and goes by a word over it as the others do', async () => {
    const on = await settled('bad', 'good', { gates: { queries, qrels, shadow } });
    await on.state.searchTallies.add('m1', found(20, 4));
    await expect(command(on.deps, 'm1', 'switch')).rejects.toMatchObject({
      code: 'gate-not-passed',
      message: expect.stringMatching(
        /the shadow gate has failed: 20 searches agree on 20 % of the first ten, and 50 % .*--override shadow/,
      ),
    });
    await command(on.deps, 'm1', 'switch', { override: { gate: 'shadow', by: 'Ada', reason: 'the new lists are better' } });
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing', overrides: [{ gate: 'shadow', verdict: 'fail', by: 'Ada' }] });
  });

  it('begins anew where searches are asked otherwise from now on, and only there', async () => {
    const on = await settled('bad', 'good', { gates: { queries, qrels, shadow } });
    await on.state.searchTallies.add('m1', found(20, 20));
    const { spec: before } = await on.load();
    const stricter = { ...before, gates: { ...before.gates, shadow: { ...shadow, minAgreement: 0.9 } } };
    await on.submit(stricter);
    expect((await on.state.searchTallies.load('m1'))?.shadow.old.searches).toBe(20);
    await on.submit({ ...stricter, search: { ...before.search, old: { ...before.search.old, limit: 20 } } });
    expect(await on.state.searchTallies.load('m1')).toBeNull();
  });

  it('is refused by the plan where no gateway could ask both sides', async () => {
    const renamed = { ...spec('good', { gates: { shadow } }, 'bad'), name: 'renamed' };
    const on = await startFleet({ points: pointsBy('bad'), size: 4, others: allModels });
    const payload = { include: [], exclude: [], rename: { body: 'text' } };
    await expect(on.submit({ ...renamed, target: { ...renamed.target, payload } })).rejects.toMatchObject({
      issues: [expect.objectContaining({ field: 'gates.shadow', message: expect.stringMatching(/payloads are mapped; leave it out$/) })],
    });
  });
});
