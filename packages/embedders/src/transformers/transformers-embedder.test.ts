import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Embedder } from '@reembed/core';
import { runEmbedderContract, type TinyModelOptions, tinyModelRow, writeTinySentenceModel } from '@reembed/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createModelCatalogue } from '../model-catalogue.ts';
import type { ModelEntry } from '../records/model-fields.ts';

type Entry = Omit<Partial<ModelEntry>, 'provider'>;

// Each thread loads the library anew.
vi.setConfig({ testTimeout: 60_000 });

let scene: AsyncDisposableStack;
let modelsDir: string;
beforeEach(async () => {
  scene = new AsyncDisposableStack();
  modelsDir = await mkdtemp(join(tmpdir(), 'reembed-models-'));
  scene.defer(() => rm(modelsDir, { recursive: true, force: true }));
});
afterEach(() => scene.disposeAsync());

function catalogueOf(entry: Entry | null, env: Readonly<Record<string, string>> = {}, dir = modelsDir) {
  const models = entry === null ? {} : { 'transformers/tiny': { provider: 'transformers' as const, folder: 'tiny', ...entry } };
  return createModelCatalogue({ config: { models }, env, modelsDir: dir });
}

function open(entry: Entry | null, env?: Readonly<Record<string, string>>, model = 'transformers/tiny'): Embedder {
  const embedder = catalogueOf(entry, env).embedder(model);
  scene.defer(() => embedder.close());
  return embedder;
}

async function openTiny(options: TinyModelOptions, entry: Entry): Promise<Embedder> {
  await writeTinySentenceModel(join(modelsDir, 'tiny'), options);
  return open(entry);
}

const contractEntry: Entry = { pooling: 'mean', dimensionChoices: [8], documentPrefix: 'the ' };
runEmbedderContract('transformers/tiny', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'reembed-models-'));
  await writeTinySentenceModel(join(dir, 'tiny'));
  const embedder = catalogueOf(contractEntry, {}, dir).embedder('transformers/tiny');
  return { embedder, dimensions: 16, smaller: 8, refusedText: '', close: () => rm(dir, { recursive: true }) };
});

/** The mean of the vectors that the model looks up, brought to length 1. */
function unitMean(tokens: readonly string[], dimensions = 16): number[] {
  const rows = tokens.map((token) => tinyModelRow(token));
  const mean = Array.from({ length: dimensions }, (_, at) => rows.reduce((sum, row) => sum + (row[at] ?? 0), 0) / rows.length);
  return mean.map((value) => value / Math.hypot(...mean));
}

function expectVector(found: Float32Array, expected: readonly number[], digits = 5): void {
  expect(found).toHaveLength(expected.length);
  for (const [at, value] of expected.entries()) expect(found[at]).toBeCloseTo(value, digits);
}

describe('what a vector is', () => {
  const abc = ['[CLS]', 'a', '##b', '##c', '[SEP]'];

  it('begins with the prefix of documents or of queries, and with none where what is stored is looked into', async () => {
    const embedder = await openTiny({}, { pooling: 'mean', documentPrefix: 'the ', queryPrefix: 'and ' });
    const beside = 'a much longer text beside it';
    const of = async (kind: 'document' | 'query' | 'plain') => (await embedder.embed([beside, 'abc'], { kind })).vectors.subarray(16);
    expectVector(await of('document'), unitMean(['[CLS]', 'the', ...abc.slice(1)]));
    expectVector(await of('query'), unitMean(['[CLS]', 'and', ...abc.slice(1)]));
    expectVector(await of('plain'), unitMean(abc));
  });

  it('is pooled as the folder of a sentence-transformers model says, or by the graph', async () => {
    const told = await openTiny({ pooling: 'lasttoken' }, {});
    expectVector((await told.embed(['abc'], { kind: 'document' })).vectors, unitMean(['[SEP]']));
    await told.close();
    const whole = await openTiny({ output: 'sentence_embedding', half: true }, {});
    expectVector((await whole.embed(['abc'], { kind: 'document' })).vectors, unitMean(abc), 2);
  });

  it('is cut before it is brought to length 1, or left as long as it is', async () => {
    const embedder = await openTiny({}, { pooling: 'cls', dimensionChoices: [8] });
    const { vectors } = await embedder.embed(['abc'], { kind: 'document', dimensions: 8 });
    expectVector(vectors, unitMean(['[CLS]'], 8));
    const raw = open({ pooling: 'cls', normalise: false });
    expectVector((await raw.embed(['abc'], { kind: 'document' })).vectors, [...tinyModelRow('[CLS]')]);
  });

  it('is of the file that dtype names', async () => {
    await writeTinySentenceModel(join(modelsDir, 'tiny'), { weights: 'onnx/model_quantized.onnx' });
    const embedder = open({ pooling: 'cls', dtype: 'q8' });
    expectVector((await embedder.embed(['abc'], { kind: 'document' })).vectors, unitMean(['[CLS]']));
  });
});

describe('the length of a text', () => {
  it('is judged by the tokenizer of the model, with its special tokens and prefix', async () => {
    const embedder = await openTiny({ maxTokens: 8 }, { pooling: 'mean', documentPrefix: 'the ' });
    expect([embedder.exactTokens, embedder.limits.maxInputTokens, await embedder.countTokens('abc')]).toEqual([true, 8, 6]);
    const tooLong = embedder.embed(['abc', 'abcdefgh'], { kind: 'document' });
    await expect(tooLong).rejects.toMatchObject({ code: 'provider-refused-input', message: expect.stringContaining('11 tokens') });
    const cut = await embedder.truncate('abcdefgh', 8);
    expect(cut).toBe('abcde');
    expect(await embedder.embed([cut], { kind: 'document' })).toMatchObject({ tokens: 8 });
  });
});

describe('a model whose files are not as they should be', () => {
  const failure = async (embedder: Embedder): Promise<{ code?: unknown; message: string }> =>
    embedder.embed(['abc'], { kind: 'document' }).then(
      () => ({ message: 'it was embedded' }),
      (error: Error & { code?: unknown }) => error,
    );

  it('is named with the folder where there is none', async () => {
    const error = await failure(open({ pooling: 'mean' }));
    expect(error).toMatchObject({ code: 'model-missing', retry: 'never' });
    expect(error.message).toMatch(/transformers\/tiny .*config\.json in .*tiny: there is no such folder.*REEMBED_MODELS/);
  });

  it('is named with the weights that there are', async () => {
    const error = await failure(await openTiny({}, { dtype: 'fp16' }));
    expect(error).toMatchObject({ code: 'model-missing' });
    expect(error.message).toMatch(/no onnx\/model_fp16\.onnx .* its weights are onnx\/model\.onnx/);
  });

  it.each([
    ['onnx/model.onnx', 'could not be loaded'],
    ['tokenizer.json', 'is no JSON'],
  ])('is told from one that is busy where %s is damaged, and can be mended in place', async (file, words) => {
    const embedder = await openTiny({}, { pooling: 'cls' });
    const path = join(modelsDir, 'tiny', file);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, whole.length >> 1));
    expect(await failure(embedder)).toMatchObject({ code: 'model-missing', message: expect.stringContaining(words) });
    await writeFile(path, whole);
    expect(await failure(embedder)).toEqual({ message: 'it was embedded' });
  });

  it('is not guessed at where nothing says how to pool it', async () => {
    const error = await failure(await openTiny({}, {}));
    expect(error).toMatchObject({ code: 'invalid-config', message: expect.stringContaining('set pooling (mean, cls or last-token)') });
  });

  it('is refused where its entry gives it another size', async () => {
    const error = await failure(await openTiny({}, { pooling: 'mean', dimensions: 384 }));
    expect(error).toMatchObject({ code: 'invalid-config', message: expect.stringContaining('gives 16 dimensions, not 384') });
  });
});

describe('the hub', () => {
  const model = 'transformers/someone/tiny';
  const entries = (entry: Entry) => ({ [model]: { provider: 'transformers' as const, pooling: 'cls' as const, ...entry } });
  const openHub = (endpoint: string, entry: Entry = {}, env: Readonly<Record<string, string>> = {}) => {
    const sources = { config: { models: entries(entry) }, env: { HF_ENDPOINT: endpoint, ...env }, modelsDir };
    const catalogue = createModelCatalogue(sources);
    const embedder = catalogue.embedder(model);
    scene.defer(() => embedder.close());
    return { embedder, catalogue };
  };

  async function serve(listener: RequestListener): Promise<{ endpoint: string; asked: string[]; stop(): Promise<void> }> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      listener(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const stop = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    scene.defer(stop);
    return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, stop };
  }

  async function serveTiny(revision: string) {
    const folder = join(modelsDir, '..', `${modelsDir.split('/').at(-1)}-hub`);
    await writeTinySentenceModel(folder);
    scene.defer(() => rm(folder, { recursive: true, force: true }));
    return serve((request, response) => {
      const [, path] = request.url?.split(`/someone/tiny/resolve/${revision}/`) ?? [];
      if (path === undefined) return void response.writeHead(404).end();
      readFile(join(folder, path)).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      );
    });
  }

  it.each([
    ['main', {}],
    ['abc123', { revision: 'abc123' }],
  ] as const)('is asked once for revision %s, and what it gave is kept in the directory of REEMBED_MODELS', async (revision, entry) => {
    const hub = await serveTiny(revision);
    const { embedder, catalogue } = openHub(hub.endpoint, entry);
    expect([catalogue.facts(model)?.exactTokens, catalogue.facts(model)?.limits.maxInputTokens, hub.asked]).toEqual([false, null, []]);
    const { vectors } = await embedder.embed(['abc'], { kind: 'document' });
    expectVector(vectors, unitMean(['[CLS]']));
    expect([embedder.exactTokens, embedder.limits.maxInputTokens, await embedder.countTokens('abc')]).toEqual([true, 64, 5]);
    await hub.stop();
    const again = openHub(hub.endpoint, entry, { HF_HUB_OFFLINE: '1' });
    expect(again.catalogue.facts(model)?.exactTokens).toBe(true);
    expect((await again.embedder.embed(['abc'], { kind: 'document' })).vectors).toEqual(vectors);
  });

  it('is tried again later where it does not answer, breaks off or is overloaded', async () => {
    const gone = await serve(() => {});
    await gone.stop();
    const busy = await serve((_, response) => void response.writeHead(503).end());
    const broken = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('half');
      response.destroy();
    });
    for (const { endpoint } of [gone, busy, broken]) {
      const error: unknown = await openHub(endpoint)
        .embedder.embed(['abc'], { kind: 'document' })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'provider-unreachable', retry: 'later' });
      expect(String(error)).toContain(`the hub asked was ${endpoint}`);
      expect(String(error)).toContain(join(modelsDir, 'someone/tiny'));
    }
  });

  it('is not to blame where the directory of REEMBED_MODELS cannot be written', async () => {
    const hub = await serveTiny('main');
    await writeFile(join(modelsDir, 'someone'), 'a file where a folder has to be');
    const error: unknown = await openHub(hub.endpoint)
      .embedder.embed(['abc'], { kind: 'document' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'model-missing', message: expect.stringMatching(/could not be loaded: E[A-Z]+: /) });
  });

  it('has said its last word where it does not know the model or may not be asked', async () => {
    const empty = await serve((_, response) => void response.writeHead(404).end());
    const unknown: unknown = await openHub(empty.endpoint)
      .embedder.embed(['abc'], { kind: 'document' })
      .catch((thrown: unknown) => thrown);
    expect(unknown).toMatchObject({ code: 'model-missing', retry: 'never' });
    const never = await serve((_, response) => void response.end());
    const offline = openHub(never.endpoint, {}, { HF_HUB_OFFLINE: '1' }).embedder;
    const forbidden: unknown = await offline.embed(['abc'], { kind: 'document' }).catch((thrown: unknown) => thrown);
    expect(forbidden).toMatchObject({ code: 'model-missing', message: expect.stringContaining('HF_HUB_OFFLINE is set') });
    expect(never.asked).toEqual([]);
  });

  it.each([undefined, { hosts: [], hubModels: ['someone/other', 'else/*'] }])(
    'is not asked for a model that is not allowed: %j',
    async (reach) => {
      const never = await serve((_, response) => void response.end());
      const config = { models: {}, ...(reach === undefined ? {} : { reach }) };
      const said = { [model]: { documentPrefix: 'the ' } };
      const catalogue = createModelCatalogue({ config, env: { HF_ENDPOINT: never.endpoint }, modelsDir, said });
      const embedder = catalogue.embedder(model);
      scene.defer(() => embedder.close());
      const forbidden: unknown = await embedder.embed(['abc'], { kind: 'document' }).catch((thrown: unknown) => thrown);
      expect(forbidden).toMatchObject({ code: 'model-missing', message: expect.stringContaining('reach.hubModels') });
      expect(never.asked).toEqual([]);
    },
  );
});

describe('names', () => {
  it('of models that reembed knows bring size, prefixes, pooling and limit with them', () => {
    const facts = catalogueOf(null).facts('transformers/Xenova/multilingual-e5-small');
    expect(facts).toMatchObject({ dimensions: 384, documentPrefix: 'passage: ', queryPrefix: 'query: ', limits: { maxInputTokens: 512 } });
    expect(facts?.queryHint).toMatch(/Xenova\/multilingual-e5-small at revision main \(fp32, mean pooling/);
    expect(facts?.pricePerMillionTokensUsd).toBe(0);
  });

  it.each([
    'transformers/minilm',
    'transformers/../../etc',
    'transformers/a/../b',
    'transformers//etc/x',
    'transformers/a/b/c',
    'transformers/a/..',
  ])('%s leads to no folder of this machine', (name) => {
    expect(catalogueOf(null).facts(name)).toBeNull();
  });
});

it('loads nothing before the first text is embedded or counted', async () => {
  await mkdir(join(modelsDir, 'tiny'));
  const embedder = open({ pooling: 'mean', limits: { maxInputTokens: 64 } });
  expect([embedder.model, embedder.exactTokens, embedder.limits.maxInputTokens]).toEqual(['transformers/tiny', false, 64]);
});

it('fails what is in flight when it is closed, as something to try again', async () => {
  const embedder = await openTiny({}, { pooling: 'mean' });
  const embedding = embedder.embed(['in flight'], { kind: 'document' }).catch((error: unknown) => error);
  await embedder.close();
  expect(await embedding).toMatchObject({ code: 'provider-unreachable', retry: 'later' });
});
