import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createModelCatalogue, findModel, isOld } from './model-catalogue.ts';
import { providers } from './providers.ts';
import { builtInModels } from './records/built-in-models.ts';
import type { Environment } from './records/provider.ts';
import type { ReembedConfig } from './reembed-config.ts';

const server = 'http://127.0.0.1:8080/v1';
const catalogue = (models: ReembedConfig['models'] = {}, env: Environment = {}) => createModelCatalogue({ config: { models }, env });
const profile = (model: string, models: ReembedConfig['models'] = {}, env: Environment = {}) =>
  findModel(model, { config: { models }, env })?.profile;

describe('names', () => {
  it.each([
    ['openai/text-embedding-3-large', 3072, 'any', 0.13],
    ['openai/text-embedding-ada-002', 1536, [], 0.1],
    ['cohere/embed-v5.0-fast', 2048, [1536, 1024, 768, 512, 256], 0.08],
    ['cohere/embed-english-v3.0', 1024, [], null],
    ['local/use-lite', 512, [], 0],
    ['hash/300', 300, [], 0],
  ] as const)('knows %s without a key', (model, dimensions, dimensionChoices, pricePerMillionTokensUsd) => {
    expect(catalogue().facts(model)).toMatchObject({ model, dimensions, dimensionChoices, pricePerMillionTokensUsd });
  });

  it.each([
    'openai/no-such',
    'cohere/no-such',
    'local/no-such',
    'hash/15',
    'hash/4097',
    'hash/1e2',
    'hash/',
    'gpt',
    '',
    'openai/toString',
    '__proto__',
  ])('knows no provider for %j and says which names there are', (model) => {
    expect(catalogue().facts(model)).toBeNull();
    expect(() => catalogue().embedder(model)).toThrow(
      expect.objectContaining({ code: 'unknown-model', message: expect.stringContaining('openai/text-embedding-3-small') }),
    );
  });

  it('takes any name after openai/ where OPENAI_BASE_URL names a server, with what is known of the model', () => {
    const env = { OPENAI_BASE_URL: server };
    expect(catalogue({}, env).facts('openai/something-new')).toMatchObject({ dimensions: null, dimensionChoices: [] });
    expect(catalogue({}, env).facts('openai/BAAI/bge-m3')).toMatchObject({ dimensions: 1024, documentPrefix: '' });
    expect(catalogue({}, env).facts('openai/nomic-embed-text:latest')).toMatchObject({ dimensions: 768, queryPrefix: 'search_query: ' });
  });

  it('says what it took a name for, and nothing of one that is written as its maker does', () => {
    const { facts } = catalogue({}, { OPENAI_BASE_URL: server });
    expect(facts('openai/nomic-embed-text:v1.5')).toMatchObject({
      takenFor: 'nomic-embed-text-v1.5',
      unsaid: [],
      ...{ dimensions: 768, documentPrefix: 'search_document: ', queryPrefix: 'search_query: ', limits: { maxInputTokens: 8192 } },
    });
    expect(facts('openai/qwen3-embedding:0.6b')).toMatchObject({ takenFor: 'qwen3-embedding-0.6b', leastDimensions: 32 });
    expect(facts('openai/openai/text-embedding-3-small')).toMatchObject({ takenFor: 'text-embedding-3-small', dimensions: 1536 });
    expect(facts('openai/bge-m3')).toMatchObject({ takenFor: null, unsaid: [] });
    expect(facts('transformers/Xenova/all-MiniLM-L6-v2')).toMatchObject({ takenFor: 'all-minilm-l6-v2', unsaid: [] });
  });

  it('says what has to be said of a model that it does not know, until somebody has', () => {
    const all = ['documentPrefix', 'queryPrefix', 'limits.maxInputTokens'];
    const unknown = { provider: 'openai' as const, model: 'own', baseUrl: server };
    const models = {
      'x/bare': unknown,
      'x/half': { ...unknown, queryPrefix: '', limits: { maxInputs: 8 } },
      'x/told': { ...unknown, documentPrefix: '', queryPrefix: 'ask: ', limits: { maxInputTokens: null } },
      'x/is': { ...unknown, is: 'multilingual-e5-small' },
      'x/bge-m3': unknown,
      'x/onnx': { provider: 'transformers' as const, model: 'me/own' },
    };
    const { facts } = catalogue(models, { OPENAI_BASE_URL: server });
    expect(facts('openai/something-new')?.unsaid).toEqual(all);
    expect(Object.fromEntries(Object.keys(models).map((name) => [name, facts(name)?.unsaid]))).toEqual({
      'x/bare': all,
      'x/half': ['documentPrefix', 'limits.maxInputTokens'],
      'x/told': [],
      'x/is': [],
      'x/bge-m3': [],
      // How much it reads is in its files.
      'x/onnx': ['documentPrefix', 'queryPrefix'],
    });
    expect(facts('x/is')).toMatchObject({ takenFor: 'multilingual-e5-small', documentPrefix: 'passage: ', dimensions: 384 });
    for (const model of ['local/use-lite', 'hash/64', 'cohere/embed-v4.0']) expect(facts(model)?.unsaid).toEqual([]);
  });

  it('goes by what a spec says of a model before everything else, and says where that cannot be', () => {
    const said = { documentPrefix: 'text: ', queryPrefix: '', limits: { maxInputTokens: 99 } };
    const entry = { provider: 'openai' as const, baseUrl: server, queryPrefix: 'ask: ', limits: { maxInputs: 8 } };
    const names = ['openai/something-new', 'x/own', 'openai/multilingual-e5-small', 'hash/64'];
    const { facts } = catalogue({ 'x/own': entry }, { OPENAI_BASE_URL: server }).saying(
      Object.fromEntries(names.map((name) => [name, said])),
    );
    for (const name of names.slice(0, 3))
      expect(facts(name)).toMatchObject({ documentPrefix: 'text: ', queryPrefix: '', unsaid: [], limits: { maxInputTokens: 99 } });
    expect(facts('x/own')?.limits.maxInputs).toBe(8);
    expect(facts('openai/multilingual-e5-small')?.dimensions).toBe(384);
    expect(facts('hash/64')?.documentPrefix).toBe('');
    expect(facts('y/of-nobody')).toBeNull();
  });

  it('lets an entry say all that the built-in data say, for advice too', () => {
    const entry = {
      provider: 'openai' as const,
      baseUrl: server,
      dimensions: 8,
      dimensionChoices: 'any' as const,
      ...{ leastDimensions: 4, dimensionsField: 'size', space: 'ours', batchPricePerMillionTokensUsd: 0.5 },
      accountLimits: { least: { requestsPerMinute: 10 } },
    };
    const { record, facts } = catalogue({ 'x/m': entry });
    expect(record('x/m')).toMatchObject({
      ...{
        dimensions: 8,
        dimensionChoices: 'any',
        space: 'ours',
        batchPricePerMillionTokensUsd: 0.5,
        asOf: null,
        source: null,
        isOld: false,
      },
      accountLimits: { least: { requestsPerMinute: 10, tokensPerMinute: null }, most: null },
    });
    expect(facts('x/m')).toMatchObject({ leastDimensions: 4 });
    expect(record('x/unknown')).toBeNull();
  });

  it.each([
    ['2025-11', '2026-11-30', false],
    ['2025-10', '2026-11-01', true],
    ['2025-11', '2026-12-01', true],
    ['2026-11', '2026-11-01', false],
  ])('takes figures as of %s for old on %s: %s', (asOf, today, old) => {
    expect(isOld(asOf, new Date(today))).toBe(old);
  });

  it('puts an entry of the config file before everything, laid over what is built in', () => {
    const models = {
      'openai/text-embedding-3-small': { provider: 'openai' as const, limits: { maxInputs: 10 }, pricePerMillionTokensUsd: 0.01 },
      'mine/e5': { provider: 'openai' as const, model: 'intfloat/multilingual-e5-small', baseUrl: server, documentPrefix: '' },
    };
    expect(catalogue(models).facts('openai/text-embedding-3-small')).toMatchObject({
      dimensions: 1536,
      pricePerMillionTokensUsd: 0.01,
      limits: { maxInputs: 10, maxInputTokens: 8192 },
    });
    expect(catalogue(models).facts('mine/e5')).toMatchObject({ dimensions: 384, documentPrefix: '', queryPrefix: 'query: ' });
    expect(catalogue(models).known()).toContain('mine/e5');
  });

  it.each(['openai/text-embedding-3-small', 'local/use-lite', 'hash/64', 'cohere/embed-v4.0'])(
    'counts the tokens of %s alike in facts and embedder',
    async (model) => {
      const known = catalogue({}, { OPENAI_API_KEY: 'key-of-a', COHERE_API_KEY: 'key-of-b' });
      const text = 'Ein Satz, ein zweiter, and a third 😀';
      const embedder = known.embedder(model);
      expect([await embedder.countTokens(text), embedder.exactTokens]).toEqual([
        known.facts(model)?.countTokens(text),
        known.facts(model)?.exactTokens,
      ]);
    },
  );

  it('tells an application how to ask for a query embedding', () => {
    expect(catalogue().facts('cohere/embed-v4.0')?.queryHint).toContain('search_query');
    expect(catalogue({}, { OPENAI_BASE_URL: server }).facts('openai/multilingual-e5-large')?.queryHint).toContain('"query: "');
  });
});

describe('keys', () => {
  it('are wanted for a vendor, by name', () => {
    expect(() => catalogue().embedder('openai/text-embedding-3-small')).toThrow(
      expect.objectContaining({ code: 'provider-unauthorized', message: expect.stringContaining('OPENAI_API_KEY') }),
    );
    expect(() => catalogue({}, { COHERE_API_KEY: 'key-of-b' }).embedder('cohere/embed-v4.0')).not.toThrow();
  });

  it('are not wanted by a server behind OPENAI_BASE_URL', () => {
    expect(() => catalogue({}, { OPENAI_BASE_URL: server }).embedder('openai/bge-m3')).not.toThrow();
  });

  it('go to an address of the config file only where its entry names them', () => {
    const entry = { provider: 'openai' as const, baseUrl: server };
    expect(profile('x/m', { 'x/m': entry })).toMatchObject({ apiKeyEnv: null, keyRequired: false });
    expect(profile('x/m', { 'x/m': { ...entry, apiKeyEnv: 'X_KEY' } })).toMatchObject({ apiKeyEnv: 'X_KEY', keyRequired: true });
  });

  it('are not taken from a base URL', () => {
    const env = { OPENAI_BASE_URL: 'http://me:hunter2@host/v1' };
    expect(() => catalogue({}, env).embedder('openai/m')).toThrow(
      expect.objectContaining({ code: 'invalid-config', message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('encoding_format', () => {
  it('is base64 at OpenAI, float elsewhere, and what the config file says', () => {
    expect(profile('openai/text-embedding-3-small')?.encodingFormat).toBe('base64');
    expect(profile('openai/text-embedding-3-small', {}, { OPENAI_BASE_URL: 'https://api.openai.com/v1/' })?.encodingFormat).toBe('base64');
    expect(profile('openai/text-embedding-3-small', {}, { OPENAI_BASE_URL: server })?.encodingFormat).toBe('float');
    expect(profile('x/m', { 'x/m': { provider: 'openai', baseUrl: server, encodingFormat: 'base64' } })?.encodingFormat).toBe('base64');
  });
});

describe('providers', () => {
  it('are all those that have a file', () => {
    const files = readdirSync(new URL('./providers/', import.meta.url)).filter((file) => !file.endsWith('.test.ts'));
    expect(providers.map(({ kind }) => `${kind}.ts`).toSorted()).toEqual(files.toSorted());
  });

  it('own every table of models.yaml but that of models which any server may hold', () => {
    const kinds = providers.map(({ kind }) => kind);
    expect(Object.keys(builtInModels()).filter((table) => table !== 'open' && !kinds.includes(table))).toEqual([]);
  });
});

describe('models.yaml', () => {
  it('says which models share a space, and which are retired', () => {
    const { record, known } = catalogue();
    expect(record('cohere/embed-v5.0-fast')?.space).toBe(record('cohere/embed-v5.0-pro')?.space);
    expect(record('voyage/voyage-4-lite')?.space).toBe(record('voyageai/voyage-4')?.space);
    expect(record('cohere/embed-v4.0')?.space).toBeNull();
    expect(record('cohere/embed-english-v2.0')?.retired).toBe('2026-04-04');
    expect(known()).not.toContain('cohere/embed-english-v2.0');
  });

  it('finds a row by the name an entry of the config file gives the model, and none for names nobody knows', () => {
    const { record } = catalogue({ 'azure/big': { provider: 'openai', model: 'text-embedding-3-large' } });
    expect(record('azure/big')?.dimensions).toBe(3072);
    expect(record('mine/own')).toBeNull();
  });
});
