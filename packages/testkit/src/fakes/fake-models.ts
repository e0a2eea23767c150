import type { AdapterHeader, SaidOfModel } from '@reembed/contracts';
import {
  type Bm25,
  type Embedder,
  type LearnedMaps,
  type ModelCatalogue,
  type ModelFacts,
  type ModelRecord,
  type Projection,
  ReembedError,
  type VectorShape,
} from '@reembed/core';

export type FakeEmbedder = Embedder & {
  /** The texts of every request, refused ones included. */
  readonly requests: (readonly string[])[];
};

export type FakeEmbedderOptions = {
  readonly model?: string;
  readonly limits?: Partial<Embedder['limits']>;
  readonly exactTokens?: boolean;
  /** Thrown once each, one a request, before anything is embedded. */
  readonly failures?: (ReembedError | null)[];
  /** What a request of these texts fails with, each time. */
  readonly failsOn?: (texts: readonly string[]) => ReembedError | null;
  /** Four numbers a text, or as many as its shape has; default: fakeVector. */
  readonly vectorOf?: (text: string) => number[];
  readonly shape?: VectorShape;
};

const dimensions = 4;
const noLimits = { maxInputTokens: null, maxRequestTokens: null, requestsPerMinute: null, tokensPerMinute: null, inputsPerMinute: null };

/** Four numbers a text, a token a word. Refuses a request with a text that has `REFUSED` in it, or more tokens than the model reads. */
export function createFakeEmbedder(options: FakeEmbedderOptions = {}): FakeEmbedder {
  const { model = 'fake/4', exactTokens = true, failures = [], failsOn = () => null, vectorOf = fakeVector, shape = 'dense' } = options;
  const limits = { maxInputs: 8, ...noLimits, ...options.limits };
  const requests: (readonly string[])[] = [];
  const tooLong = (text: string) => limits.maxInputTokens !== null && countWords(text) > limits.maxInputTokens;
  return {
    model,
    shape,
    limits,
    exactTokens,
    requests,
    countTokens: async (text) => countWords(text),
    truncate: async (text, maxTokens) => text.match(new RegExp(`^(?:\\s*\\S+){0,${maxTokens}}`))?.[0] ?? '',
    async embed(texts, { signal }) {
      signal?.throwIfAborted();
      requests.push(texts);
      const failure = failures.shift() ?? failsOn(texts);
      if (failure) throw failure;
      if (texts.length > limits.maxInputs || texts.some((text) => text.includes('REFUSED') || tooLong(text))) {
        throw new ReembedError('provider-refused-input', 'the provider refuses a text');
      }
      const tokens = texts.reduce((sum, text) => sum + countWords(text), 0);
      const made = texts.map(vectorOf);
      const lengths = shape === 'dense' ? {} : { lengths: made.map(({ length }) => length) };
      return { vectors: Float32Array.from(made.flat()), dimensions: shape === 'words' ? 0 : dimensions, tokens, ...lengths };
    },
    async close() {},
  };
}

/** Finite, not zero, and another for another text, most of the time. */
export function fakeVector(text: string): number[] {
  let hash = 7;
  for (const char of text) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  return [1, hash / 65_521, text.length / 1024, (hash % 13) / 13];
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** Knows the embedders given. */
export function createFakeCatalogue(
  embedders: readonly Embedder[] = [createFakeEmbedder()],
  change: Partial<ModelFacts> = {},
  records: Readonly<Record<string, ModelRecord>> = {},
  said: Readonly<Record<string, SaidOfModel | undefined>> = {},
): ModelCatalogue {
  const find = (model: string) => embedders.find((embedder) => embedder.model === model);
  return {
    saying: (models) => createFakeCatalogue(embedders, change, records, { ...said, ...models }),
    record: (model) => records[model] ?? null,
    bm25: createFakeBm25(),
    known: () => embedders.map(({ model }) => model),
    embedder(model) {
      const found = find(model);
      if (found === undefined) throw new ReembedError('unknown-model', `${model} is not known`);
      return found;
    },
    facts(model) {
      const found = find(model);
      if (found === undefined) return null;
      const { limits, exactTokens, shape = 'dense' } = found;
      const hints = {
        shape,
        leastDimensions: 1,
        takenFor: null,
        unsaid: [],
        documentPrefix: '',
        queryPrefix: '',
        queryHint: 'Ask it nicely.',
        queryCode: () => null,
      };
      return {
        model,
        dimensions,
        dimensionChoices: [],
        pricePerMillionTokensUsd: 2,
        countTokens: countWords,
        countInTurns: async (text) => countWords(text),
        exactTokens,
        ...hints,
        ...change,
        ...heard(said[model], { ...limits, ...change.limits }),
      };
    },
  };
}

function heard({ documentPrefix, queryPrefix, limits }: SaidOfModel = {}, before: ModelFacts['limits']) {
  return {
    ...(documentPrefix !== undefined && { documentPrefix }),
    ...(queryPrefix !== undefined && { queryPrefix }),
    limits: { ...before, ...(limits?.maxInputTokens !== undefined && { maxInputTokens: limits.maxInputTokens }) },
  };
}

/** A token is a word, its id its length; it knows English and Greek, and takes a text with `Wort` in it for German. */
export function createFakeBm25(): Bm25 {
  const wordsOf = (text: string) => text.match(/\S+/g) ?? [];
  const idsOf = (text: string) => [...new Set(wordsOf(text).map((word) => word.length))].sort((a, b) => a - b);
  return {
    languages: ['english', 'greek', 'thai'],
    describe(language) {
      if (language === 'thai') return { stemmer: 'none', stopWords: false };
      if (language === 'greek') return { stemmer: 'server', stopWords: true };
      return language === 'english' ? { stemmer: 'here', stopWords: true } : null;
    },
    guessLanguage: (text) => (text.includes('Wort') ? 'german' : null),
    encoder: ({ avgLen }) => ({
      countTokens: countWords,
      document: (text) => ({ indices: idsOf(text), values: Float32Array.from(idsOf(text), () => countWords(text) / avgLen) }),
      query: (text) => ({ indices: idsOf(text), values: Float32Array.from(idsOf(text), () => 1) }),
    }),
  };
}

/** Knows the adapters given, by name; `mapOf` is what stands for the map of one. */
export function createFakeAdapters(headers: Readonly<Record<string, AdapterHeader>> = {}, mapOf = padWithOnes): LearnedMaps {
  const header = (name: string): AdapterHeader => {
    const found = headers[name];
    if (found === undefined) throw new ReembedError('invalid-adapter', `adapter ${name} does not exist`);
    return found;
  };
  return {
    header: async (name) => header(name),
    async projection(name, sha256) {
      const found = header(name);
      if (found.sha256 !== sha256)
        throw new ReembedError('adapter-changed', `adapter ${name} is ${found.sha256}, and ${sha256} was planned: put it there and resume`);
      return mapOf(found);
    },
  };
}

/** A map that leaves the values as they are, and ones behind them. */
function padWithOnes({ from, to }: AdapterHeader): Projection {
  return (rows) =>
    Float32Array.from({ length: (rows.length / from.dimensions) * to.dimensions }, (_, at) => {
      const column = at % to.dimensions;
      return column < from.dimensions ? (rows[Math.floor(at / to.dimensions) * from.dimensions + column] ?? 0) : 1;
    });
}
