import { isReembedError, type ReembedError } from '@reembed/core';
import { type ProviderFault, type StubProviderOptions, startStubProvider } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { createModelCatalogue } from '../model-catalogue.ts';
import { providerVariables } from '../providers.ts';
import { entryFor, startVendor } from './vendor.fixture.ts';

const secret = 'sk-live-51HxQ0aZ9bC8dE7f';
const texts = ['the confidential merger of Alpha and Beta', 'salary table of the year'];
/** One for each interface. */
const vendors = ['openai/text-embedding-3-small', 'cohere/embed-v4.0'] as const;

/** Long enough for any answer, even on a busy machine; cases that wait for it in vain shorten it. */
const patientMs = 30_000;
const impatientMs = 300;

const keys = Object.fromEntries(providerVariables.keys.map((variable) => [variable, secret]));

async function startProvider(model: string, options: StubProviderOptions = {}, requestTimeoutMs = patientMs) {
  const { provider, env } = await startVendor(model, { dimensions: 1536, apiKey: secret, ...options });
  const config = { models: entryFor(model, { dimensions: 1536, requestTimeoutMs }) };
  const embedder = createModelCatalogue({ config, env: { ...keys, ...env } }).embedder(model);
  return { provider, embed: () => embedder.embed(texts, { kind: 'document' }), [Symbol.asyncDispose]: provider.close };
}

async function failureOf(work: Promise<unknown>): Promise<ReembedError> {
  const thrown = await work.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  if (!isReembedError(thrown)) throw thrown;
  return thrown;
}

const namedKey = new RegExp(`check the key in (${providerVariables.keys.join('|')}) `);
const says = (status: number, words: string): ProviderFault => ({
  kind: 'status',
  status,
  body: { error: { message: words }, message: words },
});

const cases: readonly [what: string, fault: ProviderFault, code: string, retry: string, message: RegExp][] = [
  ['429', { kind: 'rate-limited' }, 'provider-rate-limited', 'later', /answered 429/],
  ['a quota that is used up', { kind: 'quota-used-up' }, 'provider-refused', 'never', /waiting does not help/],
  ['401', { kind: 'status', status: 401 }, 'provider-unauthorized', 'never', namedKey],
  ['403', { kind: 'status', status: 403 }, 'provider-unauthorized', 'never', /check the key/],
  ['404', { kind: 'status', status: 404 }, 'provider-refused', 'never', /check the model's name/],
  ['500', { kind: 'status', status: 500 }, 'provider-unreachable', 'later', /answered 500/],
  ['503', { kind: 'status', status: 503 }, 'provider-unreachable', 'later', /answered 503/],
  ['413', { kind: 'status', status: 413 }, 'provider-refused-input', 'never', /asked for fewer/],
  ['422', { kind: 'status', status: 422 }, 'provider-refused-input', 'never', /answered 422/],
  ['402', { kind: 'status', status: 402 }, 'provider-refused', 'never', /run out of money or quota: pay or raise it/],
  ['424', { kind: 'status', status: 424 }, 'provider-unreachable', 'later', /the model behind the server failed: look at its log/],
  [
    'an account in arrears',
    says(400, 'Access denied, account is in good standing? Arrearage'),
    'provider-refused-input',
    'never',
    /pay or raise/,
  ],
  ['a quota with another status', says(503, 'Monthly quota is used up'), 'provider-unreachable', 'later', /pay or raise/],
  ['a key that has expired', says(400, 'API key expired. Please renew it.'), 'provider-refused-input', 'never', namedKey],
  [
    'a want of input_type',
    says(400, "'input_type' parameter is required"),
    'provider-refused-input',
    'never',
    /documentBody and queryBody/,
  ],
  ['a want of api-version', says(400, 'Missing required query parameter: api-version'), 'provider-refused-input', 'never', /set query/],
  ['a socket that hangs', { kind: 'hung' }, 'provider-timeout', 'later', /no answer within 300 ms/],
  ['a body that hangs', { kind: 'hung', after: 'body' }, 'provider-timeout', 'later', /no answer within 300 ms/],
  ['a socket that is dropped', { kind: 'dropped' }, 'provider-unreachable', 'later', /could not be reached/],
  ['a page instead of JSON', { kind: 'not-json' }, 'provider-bad-reply', 'later', /has no vectors.*check the base URL/],
  ['a wrong count', { kind: 'wrong-count' }, 'provider-bad-reply', 'later', /1 vectors for 2 texts/],
  ['a wrong dimension', { kind: 'wrong-dimension' }, 'provider-bad-reply', 'later', /1537 dimensions, not 1536/],
  ['a NaN', { kind: 'not-finite' }, 'provider-bad-reply', 'later', /vector 1 has no finite number/],
  ['zeros', { kind: 'zeros' }, 'provider-bad-reply', 'later', /vector 1 is all zeros/],
];

describe.each(vendors)('%s', (model) => {
  it.each(cases)('turns %s into the code that says what to do', async (_, fault, code, retry, message) => {
    await using stub = await startProvider(model, {}, fault.kind === 'hung' ? impatientMs : patientMs);
    stub.provider.script(fault);
    const error = await failureOf(stub.embed());
    expect(error).toMatchObject({ code, retry });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(model);
  });

  it('makes one request a call, whatever the answer', async () => {
    await using stub = await startProvider(model);
    stub.provider.script({ kind: 'rate-limited', retryAfter: '1' }, { kind: 'status', status: 500 }, { kind: 'dropped' });
    for (let call = 1; call <= 3; call += 1) {
      await failureOf(stub.embed());
      expect(stub.provider.log).toHaveLength(call);
    }
  });

  it.each([
    ['seconds', '7', 7000, 7000],
    ['an HTTP date', new Date(Date.now() + 300_000).toUTCString(), 200_000, 300_000],
    ['milliseconds', { ms: 250 }, 250, 250],
  ] as const)('passes on Retry-After given as %s', async (_, retryAfter, least, most) => {
    await using stub = await startProvider(model);
    stub.provider.script({ kind: 'rate-limited', retryAfter });
    const { retryAfterMs } = await failureOf(stub.embed());
    expect(retryAfterMs).toBeGreaterThanOrEqual(least);
    expect(retryAfterMs).toBeLessThanOrEqual(most);
  });

  it('says nothing of the key or the texts, even where the provider repeats them', async () => {
    await using stub = await startProvider(model, { indiscreet: true }, impatientMs);
    const faults: ProviderFault[] = [400, 401, 403, 404, 413, 422, 429, 500].map((status) => ({ kind: 'status', status }));
    faults.push({ kind: 'hung' }, { kind: 'dropped' }, { kind: 'not-json' }, { kind: 'wrong-count' }, { kind: 'zeros' });
    for (const fault of faults) {
      stub.provider.script(fault);
      const error = await failureOf(stub.embed());
      const everything = [error.message, error.stack, JSON.stringify(error), JSON.stringify(error.cause), String(error.cause)].join('\n');
      expect(everything).not.toContain(secret);
      expect(everything).not.toMatch(/merger|salary/);
    }
  });

  it('quotes the provider where its words hold nothing of ours', async () => {
    await using stub = await startProvider(model);
    const words = 'please contact support about region eu-7';
    stub.provider.script({ kind: 'status', status: 400, body: { error: { message: words }, message: words } });
    expect((await failureOf(stub.embed())).message).toContain(words);
  });

  it('waits no longer on its word than is said in its entry, and says so', async () => {
    await using stub = await startProvider(model);
    stub.provider.script({ kind: 'rate-limited', retryAfter: '86400' });
    const error = await failureOf(stub.embed());
    expect(error.retryAfterMs).toBe(600_000);
    expect(error.message).toContain('it asks to wait 86400 s, and is tried again after 600 s');
  });

  it.each(['0', new Date(0).toUTCString()])('takes Retry-After: %s for no word on how long', async (retryAfter) => {
    await using stub = await startProvider(model);
    stub.provider.script({ kind: 'rate-limited', retryAfter });
    expect((await failureOf(stub.embed())).retryAfterMs).toBeUndefined();
  });

  it.each([
    [{ error: { message: 'Provider returned error', code: 429 } }, 'provider-rate-limited', /Provider returned error/],
    [{ error: { message: 'CUDA out of memory', code: 500 } }, 'provider-unreachable', /CUDA out of memory/],
    [{ error: 'the model is not loaded' }, 'provider-bad-reply', /the model is not loaded/],
    [{ detail: 'nobody is home' }, 'provider-bad-reply', /nobody is home/],
    [{}, 'provider-bad-reply', /has no vectors/],
  ] as const)('reads the error %j in an answer with 200', async (body, code, message) => {
    await using stub = await startProvider(model);
    stub.provider.script({ kind: 'status', status: 200, body });
    const error = await failureOf(stub.embed());
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(message);
  });
});

describe('openai/*', () => {
  it('puts vectors in the order of their index', async () => {
    await using stub = await startProvider('openai/text-embedding-3-small');
    const right = await stub.embed();
    stub.provider.script({ kind: 'reordered' });
    expect(await stub.embed()).toEqual(right);
  });

  it('refuses an index that stands twice', async () => {
    await using stub = await startProvider('openai/text-embedding-3-small');
    stub.provider.script({ kind: 'index-twice' });
    expect(await failureOf(stub.embed())).toMatchObject({ code: 'provider-bad-reply' });
  });

  it.each([
    ['float', false],
    ['base64', false],
    ['base64', true],
  ] as const)('reads the same vectors asked for as %s (server ignores it: %s)', async (encodingFormat, ignoreEncodingFormat) => {
    await using provider = await startStubProvider({ dimensions: 8, ignoreEncodingFormat });
    const embed = async (format: 'float' | 'base64') => {
      const models = { 'x/m': { provider: 'openai' as const, baseUrl: provider.openAiBaseUrl, encodingFormat: format } };
      return createModelCatalogue({ config: { models }, env: {} }).embedder('x/m').embed(texts, { kind: 'document' });
    };
    expect(await embed(encodingFormat)).toEqual(await embed('float'));
    expect(provider.log[0]?.body.encoding_format).toBe(encodingFormat);
  });

  it('sends prefixes, extra bodies and dimensions by kind', async () => {
    await using provider = await startStubProvider({ dimensions: 1024 });
    const models = {
      'tei/model': {
        provider: 'openai' as const,
        baseUrl: provider.openAiBaseUrl,
        dimensions: 1024,
        dimensionChoices: 'any' as const,
        documentPrefix: 'passage: ',
        queryPrefix: 'query: ',
        documentBody: { input_type: 'passage' },
        queryBody: { input_type: 'query' },
      },
    };
    const embedder = createModelCatalogue({ config: { models }, env: {} }).embedder('tei/model');
    await embedder.embed(['a'], { kind: 'document', dimensions: 1024 });
    await embedder.embed(['b'], { kind: 'query', dimensions: 256 });
    const [document, query] = provider.log;
    expect(document?.body).toEqual({ model: 'model', input: ['passage: a'], encoding_format: 'float', input_type: 'passage' });
    expect(query?.body).toEqual({ model: 'model', input: ['query: b'], encoding_format: 'float', dimensions: 256, input_type: 'query' });
    expect(document?.authorization).toBeNull();
  });
});

describe('cohere/*', () => {
  it('says the input type, refuses silent truncation and asks for floats', async () => {
    await using provider = await startStubProvider({ dimensions: 1536 });
    const env = { COHERE_BASE_URL: `${provider.cohereBaseUrl}/v2`, COHERE_API_KEY: secret };
    const embedder = createModelCatalogue({ config: { models: {} }, env }).embedder('cohere/embed-v4.0');
    await embedder.embed(['a'], { kind: 'document' });
    await embedder.embed(['b'], { kind: 'query', dimensions: 256 });
    const [document, query] = provider.log;
    const common = { model: 'embed-v4.0', embedding_types: ['float'], truncate: 'NONE' };
    expect(document?.body).toEqual({ ...common, texts: ['a'], input_type: 'search_document' });
    expect(query?.body).toEqual({ ...common, texts: ['b'], input_type: 'search_query', output_dimension: 256 });
    expect(document?.authorization).toBe(`Bearer ${secret}`);
  });
});
