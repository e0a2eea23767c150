import { type SpecInput, specSchema, type TrialInput } from '@reembed/contracts';
import {
  createFakeAdapters,
  createFakeCatalogue,
  createFakeClock,
  createFakeEmbedder,
  createFakeStores,
  createFakeTextSources,
} from '@reembed/testkit';
import { isReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import type { Embedder, ModelFacts, ModelRecord } from '../ports/embedder.ts';
import type { ModelCallResult, ModelCalls } from '../ports/fleet.ts';
import { serveModelCall } from '../recipes/model-calls.ts';
import { createOwnBudget } from '../recipes/own-budget.ts';
import { runTrial } from './run-trial.ts';
import { trialProgressInWords } from './trial-progress.ts';
import { parseTrial } from './trial-spec.ts';

export const topics = 60;

function around(turn: number): number[] {
  return [Math.cos(turn), Math.sin(turn), 0.2, 0];
}

function topicOf(text: string): number {
  return Number(/topic (\d+)/.exec(text)?.[1] ?? 0);
}

/** A topic's documents and its query in one place; the number of a document moves it a little. */
const good = (text: string) => around(((topicOf(text) + Number(/document (\d+)/.exec(text)?.[1] ?? 0) / 10_000) / topics) * 2 * Math.PI);
/** Documents far from their queries. */
const bad = (text: string) => (text.includes('about') ? good(text) : around(((topicOf(text) * 7 + 3) / topics) * 2 * Math.PI));
/** Every third topic is a good one. */
const some = (text: string) => (topicOf(text) % 3 === 0 ? good(text) : bad(text));
const models = { good, bad, some };
export type Model = keyof typeof models;

export const documents = 300;

export function pointsBy(model: Model, bodyOf = (n: number) => `topic ${n % topics}, document ${n + 1}`): PointText[] {
  return Array.from({ length: documents }, (_, n) => {
    const body = bodyOf(n);
    const payload = JSON.stringify({ body, doc: `d${n + 1}`, title: `about topic ${n % topics}, document ${n + 1}` });
    return { id: { kind: 'integer', id: String(n + 1) }, payload, vectors: { '': JSON.stringify(models[model](body)) } };
  });
}

export const queries = Array.from({ length: topics }, (_, topic) => ({ id: `q${topic}`, text: `about topic ${topic}` }));
export const qrels = queries.flatMap(({ id }, topic) =>
  [topic + 1, topic + 1 + topics].map((document) => ({ query: id, document: String(document), relevance: 1 })),
);

const record: ModelRecord = {
  ...{ dimensions: 4, dimensionChoices: [], space: null, retired: null, batchPricePerMillionTokensUsd: 1, tokensPerSecondPerWorker: null },
  accountLimits: { least: null, most: null },
  ...{ asOf: '2026-11', isOld: false, source: 'https://example.org' },
};

/** The topic of a text as its only word. */
const wordsOf = (text: string) => [topicOf(text), 1];
const wordsModel = 'fake/words';

/** `sent`: the texts of every request. `weight`: what another model behind the name would give each word. */
function wordsEmbedder(sent: string[], weight: () => number): Embedder {
  return {
    ...createFakeEmbedder({ model: wordsModel }),
    shape: 'words',
    async embed(texts) {
      sent.push(...texts);
      const vectors = Float32Array.from(texts.flatMap((text) => [topicOf(text), weight()]));
      return { vectors, dimensions: 0, lengths: texts.map(() => 2), tokens: texts.length };
    },
  };
}

export type TrialScene = {
  readonly from?: Model;
  readonly points?: readonly PointText[];
  readonly facts?: Partial<ModelFacts>;
  /** Whether there is a model of learned words too. */
  readonly words?: boolean;
};

/** A collection that `from` made, and models that are good, bad and good for some. Every text that a model is asked for is kept. */
export async function trialScene({ from = 'bad', points = pointsBy(from), facts = {}, words = false }: TrialScene = {}) {
  const stores = createFakeStores({ version: '1.19.0' });
  await stores.collections.create('docs_v1', { vectors: { size: 4, distance: 'Cosine' } });
  stores.put('docs_v1', points);
  const embedders = (Object.keys(models) as Model[]).map((name) =>
    createFakeEmbedder({ model: `fake/${name}`, vectorOf: models[name], limits: { maxInputs: 64 } }),
  );
  const records = Object.fromEntries(embedders.map(({ model }) => [model, record]));
  const toWords: string[] = [];
  let weight = 1;
  const all = words ? [...embedders, wordsEmbedder(toWords, () => weight)] : embedders;
  const catalogue = createFakeCatalogue(all, { pricePerMillionTokensUsd: 2, ...facts }, records);
  const clock = createFakeClock();
  const results = new Map<string, ModelCallResult>();
  const context = (model: string) =>
    ({
      embedder: catalogue.embedder(model),
      dimensions: undefined,
      budget: createOwnBudget(clock),
      clock,
      maxTries: 1,
    }) as const;
  const modelCalls: ModelCalls = {
    async request(job) {
      const answer = await serveModelCall({ ...context(job.model), signal: new AbortController().signal }, job).catch(
        (error: unknown) => error,
      );
      if (isReembedError(answer)) results.set(job.callId, { ok: false, code: answer.code, message: answer.message } as ModelCallResult);
      else results.set(job.callId, { ok: true, answer } as ModelCallResult);
    },
    result: async (callId) => results.get(callId) ?? null,
    forget: async (callId) => void results.delete(callId),
    active: async () => 0,
  };
  const deps = {
    ...{ collections: stores.collections, points: stores.points, searches: stores.searches, catalogue, modelCalls, clock, workers: 2 },
    ...{ learnedMaps: createFakeAdapters(), textSources: createFakeTextSources() },
    embedSample: async ({ model, texts }: { readonly model: string; readonly texts: readonly string[] }) =>
      texts.map((text) => ({
        vector: Float32Array.from(model === wordsModel ? wordsOf(text) : models[model.slice('fake/'.length) as Model](text)),
      })),
  };
  const spec = (to: Model, change: Partial<SpecInput> = {}) =>
    specSchema.parse({
      ...{ name: to, source: { collection: 'docs_v1', vectors: { '': { model: `fake/${from}`, text: '{{body}}' } } } },
      ...{ target: { collection: `docs_${to}`, alias: 'docs' }, vectors: { '': { embed: { model: `fake/${to}`, text: '{{body}}' } } } },
      gates: { queries, qrels },
      ...change,
    });
  const lines: string[] = [];
  return {
    ...{ stores, deps, spec, lines },
    /** The same of the model of words. */
    sentToWords: () => toWords.filter((text) => text.startsWith('topic')),
    changeWords: () => {
      weight = 2;
    },
    /** Documents that were sent to the model since the scene was set, without the witness texts. */
    sent: (model: Model) =>
      embedders
        .find((one) => one.model === `fake/${model}`)
        ?.requests.flat()
        .filter((text) => text.startsWith('topic')) ?? [],
    run: (specs: TrialInput['specs'], options: Omit<TrialInput, 'specs'> = {}, given = deps) =>
      runTrial(given, parseTrial({ specs, points: 240, ...options }), {
        signal: new AbortController().signal,
        onProgress: (progress) => lines.push(trialProgressInWords(progress)),
      }),
  };
}
