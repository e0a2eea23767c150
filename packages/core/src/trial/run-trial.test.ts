import { type ModelCallJob, readMigration, readPhase, type SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { saidOfOldQueries } from '../gates/old-model.ts';
import { makePlan } from '../plan/make-plan.ts';
import { documents, type Model, pointsBy, qrels, queries, topics, trialScene } from './trial.fixture.ts';

/** The record of a trial, as if its model had been another. */
async function ofAnotherModel({ stores }: Awaited<ReturnType<typeof trialScene>>, collection: string) {
  const record = readMigration((await stores.collections.describe(collection))?.metadata);
  const [name = ''] = Object.keys(record?.witness ?? {});
  const vectors = ['AACAPwAAAAAAAAAAAAAAAA==', 'AACAPwAAAAAAAAAAAAAAAA==', 'AAAAAAAAgD8AAAAAAAAAAA=='];
  return { ...record, witness: { ...record?.witness, [name]: { ...record?.witness[name], vectors } } };
}

const verdicts = ({ candidates }: { readonly candidates: readonly { readonly name: string; readonly verdict: string }[] }) =>
  Object.fromEntries(candidates.map(({ name, verdict }) => [name, verdict]));

describe('a trial', () => {
  it('tells a better model from a worse one and from the same, on one sample', async () => {
    const scene = await trialScene({ from: 'some' });
    const trial = await scene.run((['good', 'bad', 'some'] as Model[]).map((model) => scene.spec(model)));
    expect(verdicts(trial)).toEqual({ good: 'worth it', bad: 'worse', some: 'not shown' });
    expect(trial).toMatchObject({
      sample: { ofPoints: documents, points: 240 },
      queries: { basis: 'labels', asked: 60, independent: 60, missing: 0 },
    });
    // Each point once, by the first reason that it is there.
    const { relevant, neighbours, random } = trial.sample;
    expect([relevant, relevant + neighbours + random]).toEqual([120, 240]);
    const [good] = trial.candidates;
    expect(good?.ndcg.lower).toBeGreaterThan(0);
    expect(good?.whole).toMatchObject({ priceUsd: expect.any(Number), memoryBytes: expect.any(Number) });
  });

  it('leaves source and aliases as they are, and one collection of its own', async () => {
    const scene = await trialScene();
    const before = JSON.stringify(scene.stores.pointsOf('docs_v1'));
    const trial = await scene.run([scene.spec('good')]);
    expect(JSON.stringify(scene.stores.pointsOf('docs_v1'))).toBe(before);
    const own = new RegExp(`^(create|patch|updateOnly|insertOnly) ${trial.collection}`);
    expect(scene.stores.acts.filter((act) => !own.test(act))).toEqual(['create docs_v1']);
    expect((await scene.stores.collections.names()).toSorted()).toEqual(['docs_v1', trial.collection]);
  });

  it('embeds a vector that two candidates ask for once, and the same trial again embeds no document', async () => {
    const scene = await trialScene();
    const both = [scene.spec('good'), scene.spec('good', { name: 'again', target: { collection: 'docs_other' } })];
    const first = await scene.run(both);
    expect(scene.sent('good')).toHaveLength(240);
    const second = await scene.run(both);
    expect(scene.sent('good')).toHaveLength(240);
    expect(second).toMatchObject({ id: first.id, kept: 240, sample: first.sample });
    expect(second.candidates.map(({ ndcg }) => ndcg)).toEqual(first.candidates.map(({ ndcg }) => ndcg));
  });

  it('takes from an earlier trial what another one of the same source asks for too', async () => {
    const scene = await trialScene();
    await scene.run([scene.spec('good')], { points: documents });
    const more = await scene.run([scene.spec('good'), scene.spec('some')], { points: documents });
    expect(scene.sent('good')).toHaveLength(documents);
    expect(more.kept).toBe(documents);
  });

  it('takes nothing from an earlier trial whose model is another by now', async () => {
    const scene = await trialScene();
    const { collection } = await scene.run([scene.spec('good')], { points: documents });
    await scene.stores.collections.patch(collection, { metadata: { reembed: await ofAnotherModel(scene, collection) } });
    const more = await scene.run([scene.spec('good'), scene.spec('some')], { points: documents });
    expect(more.kept).toBe(0);
    expect(scene.sent('good')).toHaveLength(2 * documents);
  });

  it('reads the vectors of a page when that is filled: those of a whole sample may be more than memory holds', async () => {
    const scene = await trialScene();
    const acts: string[] = [];
    const { points } = scene.deps;
    const watched = {
      ...points,
      retrieve: async (...[collection, request]: Parameters<typeof points.retrieve>) => {
        if (collection === 'docs_v1' && request.vectors.length > 0) acts.push(`read ${request.ids.length}`);
        if (request.vectors.length > 0) expect(request.ids.length).toBeLessThanOrEqual(256);
        return points.retrieve(collection, request);
      },
      insertOnly: async (...[collection, made]: Parameters<typeof points.insertOnly>) => {
        acts.push('write');
        return points.insertOnly(collection, made);
      },
    };
    await scene.run([scene.spec('good')], { points: documents }, { ...scene.deps, points: watched });
    expect(acts.filter((act) => act === 'write')).toHaveLength(2);
    expect(acts.at(-1)).toBe('write');
    expect(acts.slice(acts.indexOf('write') + 1, -1)).toEqual(['read 44']);
  });

  it('says each step when it begins, and how much of it is behind', async () => {
    const scene = await trialScene();
    await scene.run([scene.spec('good'), scene.spec('bad')], { points: documents });
    const steps = scene.lines.filter((line) => !/: [1-9][0-9]* of/.test(line));
    expect(steps).toEqual([
      'planning: 0 of 2 candidates',
      'looking at the source',
      'asking models whether they are what they were: 0 of 2 vectors',
      'looking for vectors that are there already',
      'reading the documents that queries are about',
      'embedding 60 queries by the old model',
      'drawing the sample by the old vectors: 0 of 60 queries',
      'reading 300 points',
      'embedding and storing the sample: 0 of 300 points',
      'embedding 60 queries',
      'asking the sample as applications do today: 0 of 60 queries',
      'asking the sample as "good" would: 0 of 60 queries',
      'asking the sample as "bad" would: 0 of 60 queries',
    ]);
    expect(scene.lines.filter((line) => line.startsWith('embedding and storing')).slice(1)).toEqual([
      'embedding and storing the sample: 256 of 300 points',
      'embedding and storing the sample: 300 of 300 points',
    ]);
    expect(scene.lines).toContain('planning: 1 of 2 candidates');
    expect(scene.lines).toContain('drawing the sample by the old vectors: 59 of 60 queries');
  });

  it('waits for a slow model as long as somebody is at it, and not where nobody is', async () => {
    const scene = await trialScene();
    const { clock, modelCalls } = scene.deps;
    const slow = {
      ...modelCalls,
      async request(job: ModelCallJob) {
        clock.advance(400_000);
        await modelCalls.request(job);
      },
    };
    const trial = await scene.run([scene.spec('good')], {}, { ...scene.deps, modelCalls: slow });
    expect(trial.candidates).toMatchObject([{ verdict: 'worth it' }]);
    const never = (active: number[]) => ({
      ...modelCalls,
      request: async () => {},
      result: async () => null,
      active: async () => active.shift() ?? 0,
    });
    const other = await trialScene();
    const began = other.deps.clock.monotonicMs();
    const waited = other.run([other.spec('good')], {}, { ...other.deps, modelCalls: never(Array.from({ length: 1_000 }, () => 1)) });
    await expect(waited).rejects.toMatchObject({ code: 'no-worker' });
    // A thousand looks at work, then five minutes at none.
    expect(other.deps.clock.monotonicMs() - began).toBe(1_000 * 200 + 300_000);
  });

  it('is not paid again by the migration of a candidate, however few of its points a sample meets', async () => {
    const scene = await trialScene();
    const trial = await scene.run([scene.spec('good')]);
    const there = new Set(scene.stores.pointsOf(trial.collection).map(({ id }) => id.id));
    // A sample of a large collection that has none of them.
    const points = {
      ...scene.deps.points,
      sample: async (collection: string, limit: number, options = {}) =>
        (await scene.deps.points.sample(collection, documents, options))
          .filter(({ id }) => collection !== 'docs_v1' || !there.has(id.id))
          .slice(0, limit),
    };
    const { resolved } = await makePlan({ ...scene.deps, points }, scene.spec('good'));
    expect(resolved?.earlier).toMatchObject({ migration: trial.id, collection: trial.collection, vectors: { '': expect.any(String) } });
    // For the report of the migration.
    expect(resolved?.earlier?.trial).toEqual({ points: 240, verdict: 'worth it' });
    const other = await makePlan(scene.deps, scene.spec('good', { name: 'other' }));
    expect(other.resolved?.earlier?.trial).toEqual({ points: 240, verdict: null });
  });

  it('says the same again of a model that refuses most of its texts, and what that one says', async () => {
    const body = (n: number) => `topic ${n % topics}, document ${n + 1}${n % 3 === 0 ? '' : ' REFUSED'}`;
    const scene = await trialScene({ points: pointsBy('bad', body) });
    const first = await scene.run([scene.spec('good')]);
    const again = await scene.run([scene.spec('good')]);
    for (const { candidates } of [first, again])
      expect(candidates).toMatchObject([
        {
          verdict: 'not shown',
          reasons: expect.arrayContaining([
            expect.stringContaining('of so few nothing can be said'),
            expect.stringMatching(/^of a text that is refused the model says: .*provider-refused-input/),
          ]),
        },
      ]);
    expect(again).toMatchObject({ kept: 240 - Number(first.candidates[0]?.withoutVector) });
  });

  it('embeds anew what was edited since', async () => {
    const scene = await trialScene();
    const trial = await scene.run([scene.spec('good')], { points: documents });
    const [one] = scene.stores.pointsOf('docs_v1');
    if (one === undefined) throw new Error('no point');
    scene.stores.put('docs_v1', [{ ...one, payload: JSON.stringify({ body: 'topic 7, document 9999' }) }]);
    const again = await scene.run([scene.spec('good')], { points: documents });
    expect(scene.sent('good').slice(documents)).toEqual(['topic 7, document 9999']);
    expect(again.kept).toBe(documents - 1);
    expect(scene.stores.pointsOf(trial.collection)[0]?.payload).toContain('document 9999');
  });

  it('tries words beside a vector, and a shorter vector, on the same sample', async () => {
    const scene = await trialScene({ from: 'good' });
    const dense = { embed: { model: 'fake/good', text: '{{body}}' } };
    const prefetch = [{ using: 'dense' }, { using: 'words' }];
    const hybrid = scene.spec('good', {
      name: 'hybrid',
      vectors: { dense, words: { bm25: { text: '{{body}}' } } },
      search: { new: { prefetch, fusion: 'rrf' } },
    });
    const cut = scene.spec('good', { name: 'cut', vectors: { '': { truncate: { vector: '', dimensions: 2, force: true } } } });
    const trial = await scene.run([hybrid, cut]);
    expect(trial.candidates.map(({ name, models }) => [name, models])).toEqual([
      ['hybrid', ['fake/good', 'qdrant/bm25']],
      ['cut', ['fake/good, cut to 2 dimensions']],
    ]);
    expect(trial.candidates.every(({ verdict }) => verdict !== 'worth it')).toBe(true);
  });

  const learned: Partial<SpecInput> = {
    name: 'learned',
    vectors: { '': { keep: '' }, learned: { sparse: { via: 'worker', model: 'fake/words', text: '{{body}}' } } },
    search: { new: { prefetch: [{ using: '' }, { using: 'learned' }], fusion: 'rrf' } },
  };

  it('tries learned words by a server that workers ask, once, and a migration takes them', async () => {
    const scene = await trialScene({ from: 'good', words: true });
    const spec = scene.spec('good', learned);
    const trial = await scene.run([spec]);
    expect(trial.candidates).toMatchObject([{ models: ['fake/good', 'fake/words'], withoutVector: 0 }]);
    const stored = scene.stores.pointsOf(trial.collection)[0]?.vectors ?? {};
    expect(Object.values(stored).filter((vector) => vector.startsWith('{"indices":['))).toHaveLength(1);
    expect(scene.sentToWords()).toHaveLength(240);
    // Queries are paid for as documents are: both models make them.
    expect(trial.spent.texts).toBe(240 + 2 * queries.length);
    const again = await scene.run([spec]);
    expect(again).toMatchObject({ kept: 240 });
    expect(scene.sentToWords()).toHaveLength(240);
    const { resolved } = await makePlan(scene.deps, spec);
    expect(resolved?.earlier).toMatchObject({ migration: trial.id, vectors: { learned: expect.any(String) } });
  });

  it('does not go on with words whose model is another by now', async () => {
    const scene = await trialScene({ from: 'good', words: true });
    const spec = scene.spec('good', learned);
    await scene.run([spec]);
    scene.changeWords();
    await expect(scene.run([spec])).rejects.toMatchObject({
      code: 'model-changed',
      message: expect.stringMatching(/fake\/words gives vectors that are 2\.000 times as long.*reembed discard/),
    });
  });

  it('does not go on with vectors of which nothing shows that their model is the same', async () => {
    const scene = await trialScene();
    const { collection } = await scene.run([scene.spec('good')]);
    const record = readMigration((await scene.stores.collections.describe(collection))?.metadata);
    await scene.stores.collections.patch(collection, { metadata: { reembed: { ...record, witness: {} } } });
    await expect(scene.run([scene.spec('good')])).rejects.toMatchObject({
      code: 'model-changed',
      message: expect.stringMatching(/nothing was kept that shows whether fake\/good is the model that it was.*reembed discard/),
    });
  });

  it('makes queries of documents where none are at hand, the same ones again', async () => {
    const scene = await trialScene({ from: 'bad' });
    const spec = scene.spec('good', { gates: { knownItems: { text: '{{title}}', points: 80 } } });
    const trial = await scene.run([spec]);
    expect(trial).toMatchObject({ queries: { basis: 'known-items', asked: 80 }, candidates: [{ verdict: 'worth it' }] });
    const sent = scene.sent('good').length;
    await scene.run([spec]);
    expect(scene.sent('good')).toHaveLength(sent);
  });

  it('finds judged documents by the field that holds their ids, as text or as numbers', async () => {
    const scene = await trialScene({
      points: pointsBy('bad').map((point, at) => ({
        ...point,
        payload: point.payload.replace(`"d${at + 1}"`, at % 2 === 0 ? `"${at + 1}"` : String(at + 1)),
      })),
    });
    const trial = await scene.run([scene.spec('good', { gates: { queries, qrels, documentField: 'doc' } })]);
    expect(trial).toMatchObject({ queries: { relevant: 120, missing: 0 }, candidates: [{ verdict: 'worth it' }] });
  });

  it('finds judged points whose UUIDs labels write in capitals', async () => {
    const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, 'a')}`;
    const points = pointsBy('bad').map((point, at) => ({ ...point, id: { kind: 'uuid' as const, id: uuid(at + 1) } }));
    const scene = await trialScene({ points });
    const judged = qrels.map((qrel) => ({ ...qrel, document: uuid(Number(qrel.document)).toUpperCase() }));
    const trial = await scene.run([scene.spec('good', { gates: { queries, qrels: judged } })]);
    expect(trial).toMatchObject({ queries: { missing: 0 }, candidates: [{ verdict: 'worth it' }] });
  });

  it('says where the spec has old queries asked otherwise than their model is known to want', async () => {
    const scene = await trialScene();
    const spec = scene.spec('good');
    const catalogue = {
      ...scene.deps.catalogue,
      facts: (model: string) => ({ ...Object(scene.deps.catalogue.facts(model)), queryPrefix: '' }),
    };
    const info = await scene.deps.collections.describe('docs_v1');
    if (info === null) throw new Error('no source');
    const said = (queryPrefix: string) => saidOfOldQueries({ catalogue }, { ...spec, models: { 'fake/bad': { queryPrefix } } }, info);
    expect(said('')).toEqual([]);
    expect(said('noise: ')).toEqual([expect.stringContaining('the old side looks worse than it is')]);
  });

  it('keeps a record by which its collection is a migration that came to nothing', async () => {
    const scene = await trialScene();
    const trial = await scene.run([scene.spec('good')]);
    const metadata = (await scene.stores.collections.describe(trial.collection))?.metadata;
    expect(readMigration(metadata)).toMatchObject({
      id: trial.id,
      resolved: { source: 'docs_v1' },
      vectors: { 'old-1': { model: 'fake/bad' } },
    });
    expect(readPhase(metadata)).toMatchObject({ phase: 'cancelled' });
  });
});

describe('a trial shows nothing', () => {
  it('of too few queries, however large the difference', async () => {
    const scene = await trialScene();
    const few = { queries: queries.slice(0, 10), qrels: qrels.filter(({ query }) => queries.slice(0, 10).some(({ id }) => id === query)) };
    const { candidates } = await scene.run([scene.spec('good', { gates: few })]);
    expect(candidates).toMatchObject([{ verdict: 'not shown', reasons: expect.arrayContaining([expect.stringContaining('too few')]) }]);
  });

  it('of many queries about few documents', async () => {
    const scene = await trialScene();
    const same = { queries, qrels: queries.map(({ id }, at) => ({ query: id, document: String((at % 5) + 1), relevance: 1 })) };
    const trial = await scene.run([scene.spec('good', { gates: same })]);
    expect(trial).toMatchObject({ queries: { asked: 60, independent: 5 }, candidates: [{ verdict: 'not shown' }] });
  });

  it('of labels that name the wrong documents', async () => {
    const scene = await trialScene({ from: 'good' });
    const shifted = qrels.map((qrel) => ({ ...qrel, document: String(((Number(qrel.document) + 29) % documents) + 1) }));
    const { candidates } = await scene.run([scene.spec('some', { gates: { queries, qrels: shifted } })]);
    expect(candidates[0]?.verdict).not.toBe('worth it');
  });

  it('of labels most of whose documents are not in the source', async () => {
    const scene = await trialScene();
    const lost = qrels.map((qrel, at) => (at % 2 === 0 ? qrel : { ...qrel, document: String(5_000 + at) }));
    const more = [...lost, ...queries.map(({ id }, at) => ({ query: id, document: String(9_000 + at), relevance: 1 }))];
    const trial = await scene.run([scene.spec('good', { gates: { queries, qrels: more } })], { points: 600 });
    expect(trial).toMatchObject({ queries: { relevant: 180, missing: 120 }, candidates: [{ verdict: 'not shown' }] });
  });

  it('where copies of a document stand in one another’s way alike for both models', async () => {
    // Every text five times, only one of them judged.
    const copies = (n: number) => `topic ${n % topicsOfCopies}, document ${n % topicsOfCopies}`;
    const scene = await trialScene({ from: 'good', points: pointsBy('good', copies) });
    const judged = queries.map(({ id }, topic) => ({ query: id, document: String(topic + 1 + 240), relevance: 1 }));
    const { candidates } = await scene.run([scene.spec('good', { gates: { queries, qrels: judged } })], { points: documents });
    expect(candidates).toMatchObject([{ verdict: 'not shown', ndcg: { difference: 0 } }]);
    expect(candidates[0]?.ndcg.old).toBeGreaterThan(0.9);
  });
});

/** The model that is there, tried with a text that some documents lack: those up to 60 stand before the judged ones in every old list. */
async function withoutShort(lacks: (n: number) => boolean) {
  const points = pointsBy('good').map((point, at) => {
    const payload: object = JSON.parse(point.payload);
    return { ...point, payload: JSON.stringify(lacks(at + 1) ? payload : { ...payload, short: Reflect.get(payload, 'body') }) };
  });
  const scene = await trialScene({ from: 'good', points });
  const judged = queries.flatMap(({ id }, topic) =>
    [topic + 61, topic + 121].map((document) => ({ query: id, document: String(document), relevance: 1 })),
  );
  const spec = scene.spec('good', {
    vectors: { '': { embed: { model: 'fake/good', text: '{{short}}' } } },
    gates: { queries, qrels: judged },
  });
  return scene.run([spec], { points: documents });
}

const topicsOfCopies = 60;

describe('what a candidate has no vector for', () => {
  it('makes it look no better: it stands in the old one’s way no more either', async () => {
    const { candidates } = await withoutShort((n) => n <= 60);
    expect(candidates).toMatchObject([{ verdict: 'not shown', withoutVector: 60, ndcg: { old: 1, new: 1 }, fairNdcg: { difference: 0 } }]);
  });

  it('is a loss where it is relevant', async () => {
    const { candidates } = await withoutShort((n) => n > 60 && n <= 120);
    expect(candidates).toMatchObject([{ verdict: 'worse', withoutVector: 60 }]);
  });

  it('shows nothing where it is most of the sample', async () => {
    const { candidates } = await withoutShort((n) => n <= 60 || n > 120 + 60);
    expect(candidates).toMatchObject([{ verdict: 'not shown', reasons: expect.arrayContaining([expect.stringContaining('of so few')]) }]);
  });
});

describe('a trial is refused', () => {
  it('past its budget, before a document is sent', async () => {
    const scene = await trialScene();
    const refused = scene.run([scene.spec('good')], { budgetUsd: 0.0001 });
    await expect(refused).rejects.toMatchObject({ code: 'over-budget', message: expect.stringMatching(/--budget.*--points/s) });
    expect(scene.sent('good')).toEqual([]);
  });

  it('where a candidate could not run', async () => {
    const scene = await trialScene();
    const unknown = scene.spec('good', { vectors: { '': { embed: { model: 'fake/unknown', text: '{{body}}' } } } });
    await expect(scene.run([scene.spec('bad'), unknown])).rejects.toMatchObject({
      code: 'plan-blocked',
      issues: expect.arrayContaining([expect.objectContaining({ field: expect.stringMatching(/^specs\.1\.vectors/) })]),
    });
  });

  it('where the old model is not what made the old vectors', async () => {
    const scene = await trialScene({ from: 'good' });
    const wrong = scene.spec('some', { source: { collection: 'docs_v1', vectors: { '': { model: 'fake/bad', text: '{{body}}' } } } });
    await expect(scene.run([wrong])).rejects.toMatchObject({ code: 'plan-blocked', message: expect.stringContaining('source.vectors') });
  });

  it.each([
    ['another source', { source: { collection: 'other' } }, 'source'],
    ['other queries', { gates: { queries: queries.slice(1), qrels: qrels.slice(2) } }, 'gates'],
    ['the same name', { name: 'good' }, 'name'],
    [
      'a filter of payloads that the trial has not',
      { target: { collection: 'docs_bad', payload: { exclude: ['title'] } }, search: { new: { filter: { must: [] } } } },
      'target.payload',
    ],
    ['the collection itself', { target: { collection: 'docs_v1', inPlace: true } }, 'target.inPlace'],
  ])('where candidates do not go together: %s', async (_, change, field) => {
    const scene = await trialScene();
    await expect(scene.run([scene.spec('good'), scene.spec('bad', change)])).rejects.toMatchObject({
      code: 'invalid-spec',
      issues: [expect.objectContaining({ field: `specs.1.${field}` })],
    });
  });

  it('where the relevant documents have more points than it tries; it asks the queries whose documents fit', async () => {
    const chapters = pointsBy('bad').map((point, at) => ({
      ...point,
      payload: point.payload.replace(/"d\d+"/, `"d${at < 200 ? 0 : at}"`),
    }));
    const scene = await trialScene({ points: chapters });
    const judged = (document: (at: number) => string) => ({
      documentField: 'doc',
      queries,
      qrels: queries.map(({ id }, at) => ({ query: id, document: document(at), relevance: 1 })),
    });
    await expect(scene.run([scene.spec('good', { gates: judged(() => 'd0') })])).rejects.toMatchObject({
      code: 'invalid-spec',
      message: expect.stringMatching(/--points.*gates\.documentField/),
    });
    const { sample, queries: asked } = await scene.run([
      scene.spec('good', { gates: judged((at) => (at % 2 === 0 ? 'd0' : `d${200 + at}`)) }),
    ]);
    expect(sample).toMatchObject({ points: 240, relevant: 30 });
    expect(asked).toMatchObject({ asked: 30 });
  });

  it('without reading whole what a document of too many points has', async () => {
    const chapters = pointsBy('bad').map((point, at) => ({
      ...point,
      payload: point.payload.replace(/"d\d+"/, `"d${at < 280 ? 0 : at}"`),
    }));
    const scene = await trialScene({ points: chapters });
    const read: number[] = [];
    const scroll: typeof scene.deps.points.scroll = async (collection, request) => {
      const page = await scene.deps.points.scroll(collection, { ...request, limit: 10 });
      read.push(page.points.length);
      return page;
    };
    const deps = { ...scene.deps, points: { ...scene.deps.points, scroll } };
    const gates = { documentField: 'doc', queries, qrels: queries.map(({ id }) => ({ query: id, document: 'd0', relevance: 1 })) };
    const refused = scene.run([scene.spec('good', { gates })], { points: 100 }, deps);
    await expect(refused).rejects.toMatchObject({
      code: 'invalid-spec',
      message: expect.stringContaining('more points than half of the 100'),
    });
    expect(read.reduce((sum, count) => sum + count, 0)).toBe(60);
  });

  it.each([
    ['without queries', {}, /gates\.queries.*gates\.knownItems/],
    [
      'where no judged document is in the source',
      { queries, qrels: qrels.map((qrel) => ({ ...qrel, document: `x-${qrel.document}` })) },
      /gates\.documentField/,
    ],
    ['where no document has a text to be asked for', { knownItems: { text: '{{nothing}}' } }, /knownItems\.text/],
  ])('%s', async (_, gates, message) => {
    const scene = await trialScene();
    await expect(scene.run([scene.spec('good', { gates })])).rejects.toMatchObject({
      code: 'invalid-spec',
      message: expect.stringMatching(message),
    });
  });

  it('where its collection is somebody else’s, or another model made what it keeps', async () => {
    const scene = await trialScene();
    const { collection } = await scene.run([scene.spec('good')]);
    const changed = await trialScene();
    await changed.stores.collections.create(collection, { vectors: { size: 4, distance: 'Cosine' }, metadata: {} });
    await expect(changed.run([changed.spec('good')])).rejects.toMatchObject({
      code: 'qdrant-conflict',
      message: expect.stringContaining(collection),
    });
    await scene.stores.collections.patch(collection, { metadata: { reembed: await ofAnotherModel(scene, collection) } });
    await expect(scene.run([scene.spec('good')])).rejects.toMatchObject({
      code: 'model-changed',
      message: expect.stringContaining('reembed discard'),
    });
  });

  it('where what it keeps was cut at another number of tokens than the model reads now', async () => {
    const scene = await trialScene();
    const spec = scene.spec('good', { vectors: { '': { embed: { model: 'fake/good', text: '{{body}}', onLongText: 'truncate' } } } });
    const { collection } = await scene.run([spec]);
    const record = readMigration((await scene.stores.collections.describe(collection))?.metadata);
    const [[name, before] = ['']] = Object.entries(record?.witness ?? {});
    const witness = { ...record?.witness, [name]: { ...before, maxInputTokens: 12 } };
    await scene.stores.collections.patch(collection, { metadata: { reembed: { ...record, witness } } });
    await expect(scene.run([spec])).rejects.toMatchObject({
      code: 'model-changed',
      message: expect.stringMatching(/and read 12 before.*reembed discard/),
    });
  });
});
