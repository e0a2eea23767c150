import { stripTypeScriptTypes } from 'node:module';
import { isReembedError, type ReembedError } from '@reembed/core';
import { type ProviderFault, type StubProviderOptions, startStubProvider, stubRowDimensions, stubWords } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { createModelCatalogue } from '../model-catalogue.ts';
import { parseReembedConfig } from '../reembed-config.ts';

const texts = ['reset a forgotten password', 'rotate the signing keys, rotate them'];
const said = { documentPrefix: 'doc: ', queryPrefix: 'query: ', limits: { maxInputs: 32, maxInputTokens: 512 } };
const kinds = {
  'tei-sparse': { provider: 'tei-sparse', model: 'naver/splade-v3', path: 'teiSparse' },
  'vllm-rows': { provider: 'vllm-rows', model: 'answerdotai/answerai-colbert-small-v1', dimensions: stubRowDimensions, path: 'vllmRows' },
} as const;
type Kind = keyof typeof kinds;

async function start(kind: Kind, options: StubProviderOptions = {}, more: object = {}) {
  const stub = await startStubProvider(options);
  const { path: _, ...entry } = kinds[kind];
  const { models } = parseReembedConfig(
    JSON.stringify({ models: { [`my/${kind}`]: { ...entry, ...said, baseUrl: stub.cohereBaseUrl, ...more } } }),
    'a test',
  );
  const catalogue = createModelCatalogue({ config: { models }, env: { MY_KEY: 'sk-live-51HxQ0aZ9bC8dE7f' } });
  const embedder = catalogue.embedder(`my/${kind}`);
  const dispose = async () => {
    await embedder.close();
    await stub.close();
  };
  return { stub, facts: catalogue.facts(`my/${kind}`), embedder, [Symbol.asyncDispose]: dispose };
}

/** The numbers of each text, as the lengths say. */
function cut({ vectors, lengths = [] }: { readonly vectors: Float32Array; readonly lengths?: readonly number[] }): number[][] {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return [...vectors.subarray(at - length, at)];
  });
}

async function failureOf(work: Promise<unknown>): Promise<ReembedError> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  if (!isReembedError(thrown)) throw new Error('nothing was thrown');
  return thrown;
}

describe('a server of learned words', () => {
  it('is asked by /embed_sparse, uncut and with the words that the model wants, and read into index and weight, in order', async () => {
    await using scene = await start('tei-sparse');
    const made = await scene.embedder.embed(texts, { kind: 'document' });
    expect(scene.facts?.shape).toBe('words');
    expect(scene.stub.log).toMatchObject([
      { endpoint: 'teiSparse', body: { inputs: texts.map((text) => `doc: ${text}`), truncate: false } },
    ]);
    const expected = texts.map((text) =>
      stubWords(`doc: ${text}`)
        .toSorted((a, b) => a.index - b.index)
        .flatMap(({ index, value }) => [index, value]),
    );
    expect(cut(made)).toEqual(expected);
    await scene.embedder.embed(['keys'], { kind: 'query' });
    expect(scene.stub.log.at(-1)?.texts).toEqual(['query: keys']);
  });
});

describe('a server of rows', () => {
  it('is asked by /pooling for tokens, and read into one row for each', async () => {
    await using scene = await start('vllm-rows');
    const made = await scene.embedder.embed(texts, { kind: 'document', dimensions: stubRowDimensions });
    expect(scene.facts?.shape).toBe('rows');
    expect(scene.stub.log).toMatchObject([
      {
        endpoint: 'vllmRows',
        body: { model: 'answerdotai/answerai-colbert-small-v1', task: 'token_embed', input: texts.map((text) => `doc: ${text}`) },
      },
    ]);
    expect(made.dimensions).toBe(stubRowDimensions);
    expect(made.lengths).toEqual([5 * stubRowDimensions, 7 * stubRowDimensions]);
  });

  it('may answer in another order, by index', async () => {
    await using scene = await start('vllm-rows');
    const right = cut(await scene.embedder.embed(texts, { kind: 'document' }));
    scene.stub.script({ kind: 'reordered' });
    expect(cut(await scene.embedder.embed(texts, { kind: 'document' }))).toEqual(right);
  });

  it('is refused another size than its entry says, before it is asked', async () => {
    await using scene = await start('vllm-rows');
    const error = await failureOf(scene.embedder.embed(texts, { kind: 'document', dimensions: 128 }));
    expect(error).toMatchObject({ code: 'provider-refused', message: expect.stringContaining('cannot give 128 dimensions') });
    expect(scene.stub.log).toEqual([]);
  });
});

const answers = (body: unknown): ProviderFault => ({ kind: 'status', status: 200, body });
const word = (index: unknown, value: unknown = 1) => ({ index, value });
const row = Array.from({ length: stubRowDimensions }, () => 0.5);
const rows = (...data: unknown[]) => answers({ data: data.map((one, index) => ({ index, data: one })) });

describe('what cannot be right is no vector', () => {
  it.each<[string, Kind, ProviderFault, RegExp]>([
    ['a text without an answer', 'tei-sparse', answers([[word(1)]]), /1 vectors for 2 texts/],
    ['no list of words', 'tei-sparse', answers([[word(1)], { 7: 0.5 }]), /vector 1 is no list of words/],
    ['a word twice', 'tei-sparse', answers([[word(1)], [word(7), word(8), word(7)]]), /vector 1 has a word twice/],
    ['no index', 'tei-sparse', answers([[word(1)], [word('seven')]]), /a word with the index "seven"/],
    ['an index below 0', 'tei-sparse', answers([[word(1)], [word(-7)]]), /a word with the index -7/],
    ['an index that a float would round', 'tei-sparse', answers([[word(1)], [word(2 ** 24 + 1)]]), /a word with the index 16777217/],
    ['no weight', 'tei-sparse', answers([[word(1)], [word(7, null)]]), /no finite number as the weight of word 7/],
    ['dense vectors', 'tei-sparse', answers({ embeddings: [[0.1]] }), /has no vectors/],
    ['one vector for a text', 'vllm-rows', rows([row], row), /vector 1 is one of numbers, not rows of them: does its server pool/],
    ['no rows', 'vllm-rows', rows([row], []), /vector 1 has no rows/],
    ['rows of another size', 'vllm-rows', rows([row], [row, row.slice(1)]), /vector 1 has rows of 95 dimensions, not 96/],
    ['a row of zeros', 'vllm-rows', rows([row], [row.map(() => 0)]), /vector 1 is all zeros/],
    ['an index twice', 'vllm-rows', { kind: 'index-twice' }, /out of place or there twice/],
  ])('%s', async (_, kind, fault, says) => {
    await using scene = await start(kind);
    scene.stub.script(fault);
    expect(await failureOf(scene.embedder.embed(texts, { kind: 'document' }))).toMatchObject({
      code: 'provider-bad-reply',
      message: expect.stringMatching(says),
    });
  });

  it('a text without any word is one all the same', async () => {
    await using scene = await start('tei-sparse');
    scene.stub.script(answers([[], [word(7)]]));
    expect(await scene.embedder.embed(texts, { kind: 'document' })).toMatchObject({ lengths: [0, 2] });
  });
});

describe.each<Kind>(['tei-sparse', 'vllm-rows'])('%s, where its server fails', (kind) => {
  it.each<[string, ProviderFault, string, string]>([
    ['429', { kind: 'rate-limited', retryAfter: '7' }, 'provider-rate-limited', 'later'],
    ['401', { kind: 'status', status: 401 }, 'provider-unauthorized', 'never'],
    ['413', { kind: 'status', status: 413 }, 'provider-refused-input', 'never'],
    ['422', { kind: 'status', status: 422 }, 'provider-refused-input', 'never'],
    ['503', { kind: 'status', status: 503 }, 'provider-unreachable', 'later'],
    ['a socket that is dropped', { kind: 'dropped' }, 'provider-unreachable', 'later'],
    ['a page instead of JSON', { kind: 'not-json' }, 'provider-bad-reply', 'later'],
  ])('says so by its code: %s', async (_, fault, code, retry) => {
    await using scene = await start(kind);
    scene.stub.script(fault);
    const error = await failureOf(scene.embedder.embed(texts, { kind: 'document' }));
    expect([error.code, error.retry]).toEqual([code, retry]);
    if (code === 'provider-rate-limited') expect(error.retryAfterMs).toBe(7_000);
  });

  it('is sent the key, and nothing of it or of the texts is said again', async () => {
    await using scene = await start(kind, { indiscreet: true, refusedText: 'forgotten' }, { apiKeyEnv: 'MY_KEY' });
    const error = await failureOf(scene.embedder.embed(texts, { kind: 'document' }));
    expect(scene.stub.log[0]?.authorization).toBe('Bearer sk-live-51HxQ0aZ9bC8dE7f');
    expect(error.message).not.toMatch(/51HxQ0|forgotten/);
  });

  it('is no model without the address of its server, whatever a spec says of it', () => {
    const catalogue = createModelCatalogue({ config: { models: {} }, env: {} });
    const name = `${kind}/any`;
    expect(catalogue.facts(name)).toBeNull();
    expect(catalogue.saying({ [name]: { documentPrefix: '' } }).facts(name)).toBeNull();
    const { path: _, ...entry } = kinds[kind];
    expect(() => parseReembedConfig(JSON.stringify({ models: { [name]: entry } }), 'a test')).toThrow(/baseUrl/);
  });

  it.each([null, 'MY_KEY'])('is asked by an application in code that is TypeScript (key: %s)', async (apiKeyEnv) => {
    await using scene = await start(kind, {}, { apiKeyEnv, queryBody: { 'odd-key': [true, null] } });
    const code = scene.facts?.queryCode(null);
    expect(stripTypeScriptTypes(code?.typescript ?? '!')).toContain('const vector');
    expect(code?.python).toMatch(/\["query: " \+ query\], \*\*\{.*"odd-key": \[True, None\]\}/);
    expect(code?.python.includes('os.environ["MY_KEY"]')).toBe(apiKeyEnv !== null);
  });
});
