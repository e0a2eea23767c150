import { createHash } from 'node:crypto';
import { type SpecInput, specSchema } from '@reembed/contracts';
import {
  createFakeAdapters,
  createFakeCatalogue,
  createFakeClock,
  createFakeEmbedder,
  createFakeState,
  createFakeStores,
  createFakeTextSources,
  type FakeTextSources,
} from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../../domain/error.ts';
import { vectorToBase64 } from '../../domain/vector-base64.ts';
import type { ServerAddress } from '../../ports/collections.ts';
import type { ModelFacts, ModelRecord } from '../../ports/embedder.ts';
import { planWithAdvice, sampleByFleet } from './plan-with-advice.ts';
import type { EmbedSample } from './take-fingerprint.ts';

const record: ModelRecord = {
  ...{ dimensions: 4, dimensionChoices: [], space: null, retired: null, batchPricePerMillionTokensUsd: 1, tokensPerSecondPerWorker: null },
  accountLimits: { least: null, most: null },
  ...{ asOf: '2026-11', isOld: false, source: 'https://example.org' },
};

type Scene = {
  readonly spec?: Partial<SpecInput>;
  readonly facts?: Partial<ModelFacts>;
  readonly record?: Partial<ModelRecord>;
  /** Of the model that is wanted. */
  readonly other?: Partial<ModelRecord>;
  readonly version?: string;
  readonly points?: number;
  /** What stored vectors were made of. */
  readonly stored?: (title: string, body: string) => string;
  readonly embedSample?: EmbedSample;
  readonly address?: ServerAddress;
  readonly sparse?: object;
  readonly shards?: number;
  /** The bodies are in no payload. */
  readonly textFrom?: FakeTextSources;
};

/** Another direction for another text. */
function vectorOf(text: string): number[] {
  const bytes = createHash('sha256').update(text).digest();
  return Array.from({ length: 4 }, (_, at) => bytes.readInt32LE(at * 4) / 2 ** 31);
}

/** What the fake models make of a text, with the prefix that the kind wants. */
const embedSample: EmbedSample = async ({ model, kind, texts }) => {
  const prefix = `${model === 'fake/other' ? 'otherwise ' : ''}${{ document: '', query: 'query: ', plain: '' }[kind]}`;
  return texts.map((text) => ({ vector: Float32Array.from(vectorOf(prefix + text)) }));
};

const declared = { '': { model: 'fake/4', text: '{{body}}' } };

async function planOf(scene: Scene = {}) {
  const stores = createFakeStores({ version: scene.version ?? '1.19.0' });
  await stores.collections.create('docs_v1', {
    vectors: { size: 4, distance: 'Cosine' },
    sparse_vectors: scene.sparse,
    shard_number: scene.shards,
  });
  const stored = scene.stored ?? ((_, body) => body);
  const points = Array.from({ length: scene.points ?? 30 }, (_, at) => {
    const [title, body] = [`title ${at * 7919}`, `body ${at}`];
    const vectors = { '': JSON.stringify(vectorOf(stored(title, body))) };
    return {
      id: { kind: 'integer' as const, id: String(at + 1) },
      payload: JSON.stringify(scene.textFrom ? { title } : { title, body }),
      vectors,
    };
  });
  stores.put('docs_v1', points);
  const models = [createFakeEmbedder(), createFakeEmbedder({ model: 'fake/other' })];
  const records = { 'fake/4': { ...record, ...scene.record }, 'fake/other': { ...record, ...scene.other } };
  const textFrom = scene.textFrom ? { url: 'http://texts.example/by-id' } : {};
  const spec = specSchema.parse({
    ...{ name: 'docs', source: { collection: 'docs_v1', vectors: declared, textFrom }, target: { collection: 'docs_v2' } },
    vectors: { '': { embed: { model: 'fake/other', text: '{{body}}' } } },
    ...scene.spec,
  });
  const { points: data } = stores;
  const { address } = scene;
  const collections = address === undefined ? stores.collections : { ...stores.collections, address: async () => address };
  const catalogue = createFakeCatalogue(models, scene.facts, records);
  const sources = { learnedMaps: createFakeAdapters(), textSources: scene.textFrom ?? createFakeTextSources() };
  const deps = { collections, points: data, catalogue, ...sources, workers: 2, embedSample: scene.embedSample ?? embedSample };
  return planWithAdvice(deps, spec);
}

async function advice(scene: Scene = {}) {
  const plan = await planOf(scene);
  if (plan.advice === undefined) throw new Error('there is no advice');
  return plan.advice;
}

/** As far from `vector` as the prefix of a long text takes it: cosine 0.99. */
function nudged(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  const [a = 0, b = 0, c = 0, d = 0] = vector.map((value) => value / length);
  return [a - 0.1425 * b, b + 0.1425 * a, c - 0.1425 * d, d + 0.1425 * c];
}

const option = ({ options }: Awaited<ReturnType<typeof advice>>, kind: string) => options.find((one) => one.kind === kind);

describe('the code of a query', () => {
  const hybrid: Partial<SpecInput> = {
    target: { collection: 'docs_v2', alias: 'docs' },
    vectors: { dense: { keep: '' }, words: { bm25: { text: '{{body}}', language: 'german' } } },
  };
  const prefetch = [{ using: 'dense' }, { using: 'words', limit: 20 }];
  const facts = { queryCode: () => ({ python: 'import x\nvector = x(query)', typescript: 'const vector = x(query);' }) };

  it('asks both halves of a hybrid, and fuses their lists', async () => {
    const { queryCode } = await advice({ spec: { ...hybrid, search: { new: { prefetch, fusion: 'rrf' } } }, facts });
    expect(queryCode?.python).toBe(`import x
from qdrant_client import QdrantClient, models
query = "what somebody asks"
vector = x(query)
client = QdrantClient(url="http://localhost:6333")
hits = client.query_points("docs", prefetch=[
    models.Prefetch(query=vector, using="dense", limit=50),
    models.Prefetch(query=models.Document(text=query, model="qdrant/bm25", options={"language":"german"}), using="words", limit=20),
], query=models.FusionQuery(fusion=models.Fusion("rrf")), limit=10).points`);
    expect(queryCode?.typescript).toContain(`const { points } = await client.query("docs", { prefetch: [
  { query: vector, using: "dense", limit: 50 },
  { query: { text: query, model: "qdrant/bm25", options: {"language":"german"} }, using: "words", limit: 20 },
], query: { fusion: "rrf" }, limit: 10 });`);
  });

  it('fuses with the k and the weights that the spec says', async () => {
    const rrf = { k: 60, weights: [3, 1] };
    const { queryCode } = await advice({ spec: { ...hybrid, search: { new: { prefetch, fusion: 'rrf', rrf } } }, facts });
    expect(queryCode?.python).toContain('], query=models.RrfQuery(rrf=models.Rrf(k=60, weights=[3,1])), limit=10)');
    expect(queryCode?.typescript).toContain('], query: { rrf: { k: 60, weights: [3,1] } }, limit: 10 }');
    const alike = await advice({ spec: { ...hybrid, search: { new: { prefetch, fusion: 'rrf', rrf: { k: 60 } } } }, facts });
    expect(alike.queryCode?.python).toContain('query=models.RrfQuery(rrf=models.Rrf(k=60)),');
  });

  it('asks both halves also where the search does not say how, and ranks anew where it fuses nothing', async () => {
    const { queryCode } = await advice({ spec: hybrid, facts });
    expect(queryCode?.typescript).toContain(`{ prefetch: [
  { query: vector, using: "dense", limit: 50 },
  { query: { text: query, model: "qdrant/bm25", options: {"language":"german"} }, using: "words", limit: 50 },
], query: { fusion: "rrf" }, limit: 10 }`);
    const ranked = await advice({ spec: { ...hybrid, search: { new: { using: 'dense', prefetch: prefetch.slice(1) } } }, facts });
    expect(ranked.queryCode?.python).toMatch(/using="words", limit=20\),\n\], query=vector, using="dense", limit=10\)\.points$/);
  });

  it('asks the filters of the search too', async () => {
    const filter = { must: [{ key: 'lang', match: { value: "d'e" } }] };
    const search = { new: { using: 'dense', filter, prefetch: [{ using: 'words', filter }] } };
    const { queryCode } = await advice({ spec: { ...hybrid, search }, facts });
    const text = '{"must":[{"key":"lang","match":{"value":"d\'e"}}]}';
    expect(queryCode?.python).toContain(`using="words", filter=models.Filter.model_validate_json(${JSON.stringify(text)}), limit=50)`);
    expect(queryCode?.python).toContain(
      `using="dense", query_filter=models.Filter.model_validate_json(${JSON.stringify(text)}), limit=10)`,
    );
    expect(queryCode?.typescript).toContain(`using: "words", filter: ${text}, limit: 50 }`);
    expect(queryCode?.typescript).toContain(`using: "dense", filter: ${text}, limit: 10 }`);
  });

  it('is at the address that the plan asked, with its key by name', async () => {
    const address = { url: 'https://qdrant.example:6333', wantsKey: true };
    const { queryCode } = await advice({ spec: hybrid, facts, address });
    expect(queryCode?.python).toMatch(/^import (x\nimport )?os\n/);
    expect(queryCode?.python).toContain('QdrantClient(url="https://qdrant.example:6333", api_key=os.environ["QDRANT_API_KEY"])');
    expect(queryCode?.typescript).toMatch(/^import \{ env \} from "node:process";\n/);
    expect(queryCode?.typescript).toContain("new QdrantClient({ url: 'https://qdrant.example:6333', apiKey: env.QDRANT_API_KEY })");
  });

  it('leaves a kept vector to the application where nothing public embeds for it, and is left out for one that is new', async () => {
    const { queryCode } = await advice({ spec: hybrid });
    expect(queryCode?.python).toContain('# as_today(name): what your application asks that vector with');
    expect(queryCode?.python).toContain('models.Prefetch(query=as_today(""), using="dense", limit=50)');
    expect(queryCode?.typescript).toContain('{ query: asToday(""), using: "dense", limit: 50 }');
    expect((await advice()).queryCode).toBeNull();
  });

  it('asks over the bridge while a vector is filled in: old candidates and those ranked anew in one request, then put together', async () => {
    const inPlace: Partial<SpecInput> = {
      target: { collection: 'docs_v1', inPlace: true },
      vectors: { new: { embed: { model: 'fake/other', text: '{{body}}' } } },
    };
    const filter = { must: [{ key: 'lang', match: { value: 'de' } }] };
    const search = { old: { filter }, new: { using: 'new', limit: 5 }, bridge: { candidates: 50 } };
    const { bridgeCode } = await advice({ spec: { ...inPlace, search }, facts, shards: 3 });
    const text = JSON.stringify(filter);
    expect(bridgeCode?.typescript).toBe(`import { QdrantClient } from "@qdrant/js-client-rest";
const query = 'what somebody asks';
const vector = x(query);
// asToday(name): what your application asks that vector with, made as it makes it today
const client = new QdrantClient({ url: 'http://localhost:6333' });
const before = { query: asToday(""), filter: ${text}, limit: 50 };
const after = { prefetch: [before], query: vector, using: "new", limit: 150 };
const [asBefore, asNew] = await client.queryBatch("docs_v1", { searches: [before, after] });
// Points that have the new vector change places among themselves; the others keep theirs.
const candidates = new Set(asBefore.points.map(({ id }) => id));
const ranked = asNew.points.filter(({ id }) => candidates.has(id));
const filled = new Set(ranked.map(({ id }) => id));
const points = asBefore.points.map((hit) => (filled.has(hit.id) ? ranked.shift() : hit)).slice(0, 5);`);
    expect(
      bridgeCode?.python,
    ).toContain(`before = dict(query=as_today(""), filter=models.Filter.model_validate_json(${JSON.stringify(text)}), limit=50)
as_before, as_new = (reply.points for reply in client.query_batch_points("docs_v1", requests=[
    models.QueryRequest(**before),
    models.QueryRequest(prefetch=[models.Prefetch(**before)], query=vector, using="new", limit=150),
]))`);
    expect(bridgeCode?.rest).toBe(`POST /collections/docs_v1/points/query/batch
{"searches":[
  {"query":<old>,"filter":${text},"limit":50},
  {"prefetch":{"query":<old>,"filter":${text},"limit":50},"query":<new>,"using":"new","limit":150}]}`);
    expect((await advice({ spec: inPlace })).bridgeCode).toBeNull();
    expect((await advice({ spec: hybrid, facts })).bridgeCode).toBeNull();
  });
});

describe('a cut that the spec asks for', () => {
  const cut: Partial<SpecInput> = { vectors: { '': { truncate: { vector: '', dimensions: 2, force: true } } } };

  it('is recommended where the model is made for it', async () => {
    // Too few for ten neighbours to be a choice.
    const told = await advice({ spec: cut, points: 15, facts: { dimensionChoices: [2] } });
    expect(option(told, 'truncate')).toMatchObject({ recommended: true, chosen: true });
    expect(told.decisions).toMatchObject([{ row: 2, why: 'it is cut to 2 dimensions from stored vectors: no model is called' }]);
  });

  it('is not where it is not known to be, and the reason is told', async () => {
    const told = await advice({ spec: cut });
    expect(option(told, 'truncate')).toMatchObject({ recommended: false, chosen: true, why: expect.stringContaining('not known to be') });
    expect(told.decisions).toMatchObject([{ row: 2, why: expect.stringContaining('fake/4 is not known to be a Matryoshka model') }]);
  });

  it('is not where too little of the ten nearest would stay', async () => {
    const told = await advice({ spec: cut, points: 100, facts: { dimensionChoices: [2] } });
    const { why, risks, recommended } = option(told, 'truncate') ?? { why: '', risks: [], recommended: true };
    expect([recommended, why]).toEqual([false, expect.any(String)]);
    expect(risks.join()).toMatch(/about \d+ % of the ten nearest are expected to stay; 80 % are wanted/);
  });
});

describe('a wanted model of another name', () => {
  /** The model is the old one; `tilt` turns its vectors away by so much. */
  const alike =
    (tilt: number): EmbedSample =>
    async ({ model, texts }) =>
      texts.map((text) => {
        const [a = 0, b = 0, c = 0, d = 0] = vectorOf(text);
        return {
          vector: Float32Array.from(model === 'fake/other' ? [a - tilt * b, b + tilt * a, c - tilt * d, d + tilt * c] : [a, b, c, d]),
        };
      });

  it('is the same where it makes the stored vectors: nothing is embedded, and the name changes', async () => {
    const told = await advice({ embedSample: alike(0) });
    expect(told.sameModels).toMatchObject([{ vector: '', from: '', model: 'fake/other', verdict: 'same', sampledTexts: 20 }]);
    expect(told.decisions).toMatchObject([{ row: 4, reembed: false, why: expect.stringContaining('by another name') }]);
    expect(option(told, 'query-model')).toMatchObject({ recommended: true, possible: true });
  });

  it('that comes near is said in numbers, and embedded all the same; another is another', async () => {
    // cos(atan(0.1)) = 0.99504
    const near = await advice({ embedSample: alike(0.1) });
    expect(near.sameModels).toMatchObject([{ verdict: 'near', medianCosine: expect.closeTo(0.99504, 4) }]);
    expect(near.decisions).toMatchObject([{ row: 6, reembed: true }]);
    expect((await advice()).sameModels).toMatchObject([{ verdict: 'other' }]);
  });

  it('is refused where it is declared to share the space, and twenty texts show that it does not', async () => {
    const space = { space: 'ours' };
    const { blockers } = await planOf({ record: space, other: space });
    expect(blockers).toMatchObject([{ field: 'vectors."".embed.model', value: 'fake/other' }]);
    expect(blockers[0]?.message).toMatch(/is said to share the space.*20 stored texts by it have a median cosine of -?0\.\d+/);
    expect((await planOf({ record: space, other: space, embedSample: alike(0.5) })).blockers).toEqual([]);
    expect((await planOf({})).blockers).toEqual([]);
  });

  it('is not asked where its dimensions are others, or nothing says what made the stored ones', async () => {
    expect((await advice({ spec: { source: { collection: 'docs_v1' } } })).sameModels).toEqual([]);
  });
});

describe('a fingerprint', () => {
  it('confirms the model, text and prefix that made the stored vectors', async () => {
    const { fingerprints, decisions } = await advice();
    expect(fingerprints).toMatchObject([{ vector: '', model: 'fake/4', verdict: 'confirmed', sampledTexts: 20, below: 0 }]);
    expect(decisions).toMatchObject([{ row: 6, reembed: true }]);
  });

  it('tells a prefix that changes the vectors of long texts but little', async () => {
    const embedSample: EmbedSample = async ({ kind, texts }) =>
      texts.map((text) => ({ vector: Float32Array.from(kind === 'query' ? vectorOf(text) : nudged(vectorOf(text))) }));
    const { fingerprints } = await advice({ facts: { queryPrefix: 'query: ' }, embedSample });
    expect(fingerprints).toMatchObject([
      { verdict: 'refuted', says: expect.stringMatching(/prefix meant for queries.*as declared only 0\.990/) },
    ]);
  });

  it.each<[string, Scene, 'refuted' | 'not-made', RegExp]>([
    [
      'refutes a model that only has the same dimensions',
      { stored: (title) => `nothing of ${title.repeat(99)}` },
      'refuted',
      /equal dimensions are not the same model/,
    ],
    ['finds the field the texts were', { stored: (title) => title }, 'refuted', /made of "\{\{title\}\}": the template differs/],
    [
      'finds the prefix of queries',
      { stored: (_, body) => `query: ${body}`, facts: { queryPrefix: 'query: ' } },
      'refuted',
      /prefix meant for queries/,
    ],
    [
      'refutes a size the model does not give without embedding anything',
      { facts: { dimensions: 8 } },
      'refuted',
      /has 4 dimensions, and fake\/4 gives 8/,
    ],
    ['is not made of a retired model', { record: { retired: '2026-04-04' } }, 'not-made', /retired on 2026-04-04/],
    ['is not made where nothing is declared', { spec: { source: { collection: 'docs_v1' } } }, 'not-made', /not declared/],
    [
      'says that a model is unknown',
      { spec: { source: { collection: 'docs_v1', vectors: { '': { model: 'who/knows', text: '{{body}}' } } } } },
      'not-made',
      /nothing is known of who\/knows/,
    ],
    ['is not made without points', { points: 0 }, 'not-made', /no points/],
  ])('%s', async (_, scene, verdict, says) => {
    const { fingerprints } = await advice(scene);
    expect(fingerprints).toMatchObject([{ verdict }]);
    expect(fingerprints[0]?.says).toMatch(says);
  });

  it('needs a worker, and a plan goes on without one', async () => {
    const state = createFakeState();
    state.fleet.count = 0;
    const ask = sampleByFleet({ ...state, clock: createFakeClock(), newId: () => 'p1' });
    const { fingerprints, decisions } = await advice({ embedSample: ask });
    expect(fingerprints).toMatchObject([{ verdict: 'not-made', says: 'was not fingerprinted: no worker is running' }]);
    expect(decisions).toHaveLength(1);
  });

  it('is made by a worker that answers, and given up where none does', async () => {
    const state = createFakeState();
    const clock = createFakeClock();
    const answering = { ...clock, sleep: async () => answerAll(state) };
    const ask = sampleByFleet({ ...state, clock: answering, newId: () => 'p1' });
    expect((await advice({ embedSample: ask })).fingerprints).toMatchObject([{ verdict: 'confirmed' }]);
    const silent = sampleByFleet({ ...createFakeState(), clock, newId: () => 'p2' });
    expect((await advice({ embedSample: silent })).fingerprints[0]?.says).toMatch(/no worker answered within 30 s/);
  });
});

const bodies = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [String(at + 1), { body: `body ${at}` }]));

describe('the advice where texts are not in the payload', () => {
  it('is of the texts that source.textFrom has', async () => {
    const { fingerprints, decisions, options } = await advice({ textFrom: createFakeTextSources(bodies) });
    expect(fingerprints).toMatchObject([{ verdict: 'confirmed', sampledTexts: 20 }]);
    expect(decisions).toMatchObject([{ row: 6 }]);
    expect(options[0]?.tokens).toBe((await advice()).options[0]?.tokens);
  });

  it('refutes nothing where the texts cannot be read', async () => {
    const textFrom = createFakeTextSources(bodies);
    const { read } = textFrom;
    const once: typeof read = async (...asked) => {
      const found = await read(...asked);
      textFrom.faults.push(new ReembedError('text-source-unreachable', 'gave no answer'));
      return found;
    };
    expect((await advice({ textFrom: { ...textFrom, read: once } })).fingerprints).toMatchObject([
      { verdict: 'not-made', says: 'was not fingerprinted: gave no answer' },
    ]);
  });
});

async function answerAll({ modelCalls }: ReturnType<typeof createFakeState>): Promise<void> {
  for (const job of modelCalls.asked.splice(0)) {
    const embedded = (job.call === 'embed' ? job.texts : []).map((text) => ({
      vector: vectorToBase64(Float32Array.from(vectorOf(text))),
    }));
    modelCalls.answer(job.callId, { ok: true, answer: { call: 'embed', embedded } });
  }
}

describe('the roads', () => {
  it('name what is recommended first, with tokens, both prices, time, disk and memory', async () => {
    const found = await advice();
    expect(found.options[0]).toMatchObject({ kind: 'new-collection', recommended: true, chosen: true, possible: true, points: 30 });
    const { tokens = 0, priceUsd, time, diskBytes = 0 } = found.options[0] ?? {};
    expect(tokens).toBeGreaterThan(0);
    expect(priceUsd).toEqual({ sync: (tokens / 1e6) * 2, batch: tokens / 1e6 });
    expect(time?.highSeconds).toBeNull();
    expect(diskBytes).toBeGreaterThan(2 * 30 * 4 * 4);
    expect(found.options.filter(({ recommended }) => recommended)).toHaveLength(1);
  });

  it('promise two steps only where queries go on as they are', async () => {
    const embed = { embed: { model: 'fake/other', text: '{{body}}' } };
    const kept = await advice({ spec: { vectors: { '': { keep: '' }, new: embed } } });
    expect(option(kept, 'side-by-side')).toMatchObject({
      title: expect.stringMatching(/in two steps$/),
      why: expect.stringMatching(/queries go on as they are/),
    });
    const renamed = await advice({ spec: { vectors: { old: { keep: '' }, '': embed } } });
    expect(option(renamed, 'side-by-side')).toMatchObject({
      title: expect.stringMatching(/side by side$/),
      why: expect.stringMatching(/they change in the moment the alias moves/),
    });
    const words = await advice({ spec: { vectors: { '': embed, words: { keep: 'words' } } }, sparse: { words: {} } });
    expect(words.options[0]).toMatchObject({ kind: 'new-collection', chosen: true });
  });

  it('recommend the way of embedding that the spec asks for, and in place only where the server can', async () => {
    const sideBySide = { '': { keep: '' }, new: { embed: { model: 'fake/other', text: '{{body}}' } } };
    expect((await advice({ spec: { vectors: sideBySide } })).options[0]).toMatchObject({ kind: 'side-by-side', recommended: true });
    const inPlace: Scene = { spec: { target: { collection: 'docs_v1', inPlace: true }, vectors: sideBySide } };
    expect((await advice(inPlace)).options[0]).toMatchObject({ kind: 'in-place', recommended: true });
    const old = await advice({ ...inPlace, version: '1.17.1' });
    expect(option(old, 'in-place')).toMatchObject({ possible: false, recommended: false, why: expect.stringContaining('1.18 and later') });
  });

  it('recommend leaving things as they are where nothing changes', async () => {
    const { decisions, options } = await advice({ spec: { vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } } } });
    expect(decisions).toMatchObject([{ row: 1, reembed: false }]);
    expect(options[0]).toMatchObject({ kind: 'keep', recommended: true, tokens: 0 });
  });

  it('recommend requantize by its command, instead of a copy, where only the quantization changes', async () => {
    const target = { collection: 'docs_v2', settings: { quantization_config: { scalar: { type: 'int8' } } } };
    const { options } = await advice({ spec: { target, vectors: { '': { keep: '' } } } });
    expect(options[0]).toMatchObject({ kind: 'requantize', recommended: true, points: 0 });
    expect(options[0]?.why).toContain('`reembed requantize docs_v1 --to scalar --always-ram --originals disk`');
    expect(options.find(({ kind }) => kind === 'copy')).toMatchObject({ chosen: true, recommended: false });
  });

  it('say that another metric alone is a copy, by the length of the vectors that are there', async () => {
    const vectors = { '': { embed: { model: 'fake/4', text: '{{body}}' }, distance: 'Dot' as const } };
    const { decisions, options } = await advice({ spec: { vectors } });
    expect(decisions[0]).toMatchObject({ row: 12, why: expect.stringContaining('may change') });
    expect(options[0]).toMatchObject({ kind: 'copy', recommended: true, tokens: 0 });
  });

  it('offer only another query model where both share a space', async () => {
    const { decisions, options } = await advice({ record: { space: 's' }, other: { space: 's' } });
    expect(decisions).toMatchObject([{ row: 4, reembed: false }]);
    expect(options[0]).toMatchObject({ kind: 'query-model', recommended: true, possible: true, points: 0, tokens: 0 });
    expect(option(await advice({ record: { space: 's' } }), 'query-model')).toMatchObject({ possible: false, recommended: false });
  });

  it('list the sizes of a Matryoshka model', async () => {
    const found = await advice({ facts: { dimensionChoices: [3, 2] } });
    expect(option(found, 'truncate')).toMatchObject({ possible: true, why: expect.stringContaining('sizes: 3, 2') });
    expect(option(await advice(), 'truncate')).toMatchObject({ possible: false });
  });
});

it('says of a small source that indexing it anew is faster, and names what is known of no model', async () => {
  const found = await advice({ spec: { source: { collection: 'docs_v1', vectors: { '': { model: 'who/knows', text: '{{body}}' } } } } });
  expect(found.size.says).toMatch(/faster than a migration/);
  expect(found.sources).toEqual([
    { model: 'who/knows', asOf: null, source: null },
    { model: 'fake/other', asOf: '2026-11', source: 'https://example.org' },
  ]);
});

it('the sampled texts are counted in turns, each once, and never in one go', async () => {
  const counted: string[] = [];
  const facts = {
    countTokens: () => expect.fail('a long text counted in one go holds up whatever else the process does'),
    countInTurns: async (text: string) => counted.push(text),
  };
  const { languages } = await advice({ facts, points: 5 });
  expect(counted).toHaveLength(5);
  expect(languages[0]?.texts).toBe(5);
});
