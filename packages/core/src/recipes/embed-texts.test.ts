import { createFakeClock, createFakeEmbedder, createFakeState, type FakeEmbedderOptions, fakeVector } from '@reembed/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { embedTexts, splitBatches } from './embed-texts.ts';
import { witnessTexts } from './witness-texts.ts';

function context(options: FakeEmbedderOptions = {}) {
  const clock = createFakeClock();
  const embedder = createFakeEmbedder(options);
  const { rateBudget: budget } = createFakeState({ clock });
  return { embedder, dimensions: undefined, budget, clock, signal: new AbortController().signal };
}

const away = (retryAfterMs?: number) => new ReembedError('provider-unreachable', 'away', { retryAfterMs });
const limited = (retryAfterMs?: number) => new ReembedError('provider-rate-limited', '429', { retryAfterMs });
const witness = [witnessTexts[0]];
const vectorOf = (text: string) => ({ vector: Float32Array.from(fakeVector(text)) });

describe('embedTexts', () => {
  it('answers in the order of the texts, whatever the requests', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'REFUSED', 'd d', 'e'), { maxLength: 20 }),
        fc.integer({ min: 1, max: 9 }),
        async (texts, maxInputs) => {
          const { embedded } = await embedTexts(context({ limits: { maxInputs } }), texts);
          expect(embedded.map((item) => ('vector' in item ? item : 'refused'))).toEqual(
            texts.map((text) => (text === 'REFUSED' ? 'refused' : vectorOf(text))),
          );
        },
      ),
    );
  });

  it('sends equal texts once', async () => {
    const on = context();
    const { embedded, texts, tokens } = await embedTexts(on, ['one two', 'one two', 'three', 'one two']);
    expect(on.embedder.requests).toEqual([['one two', 'three']]);
    expect([embedded.length, texts, tokens]).toEqual([4, 2, 3]);
  });

  it('sends nothing for no texts', async () => {
    const on = context();
    expect(await embedTexts(on, [])).toEqual({ embedded: [], texts: 0, tokens: 0 });
    expect(on.embedder.requests).toEqual([]);
  });

  it('sends the longest text first and alone where it has to show that it is read whole, and the others together', async () => {
    const on = context();
    let whole = 2;
    const embedder = {
      ...on.embedder,
      goesAlone: (tokens: number) => tokens > whole,
      embed: async (...[texts, request]: Parameters<typeof on.embedder.embed>) => {
        if (texts.length === 1) whole = Math.max(whole, texts[0]?.split(' ').length ?? 0);
        return on.embedder.embed(texts, request);
      },
    };
    const { embedded } = await embedTexts({ ...on, embedder }, ['a', 'b b b b', 'c c c', 'd']);
    expect(on.embedder.requests).toEqual([['b b b b'], ['a', 'c c c', 'd']]);
    expect(embedded).toEqual(['a', 'b b b b', 'c c c', 'd'].map(vectorOf));
  });

  it('sends every text alone that may be cut', async () => {
    const on = context();
    await embedTexts({ ...on, embedder: { ...on.embedder, goesAlone: (tokens) => tokens > 2 } }, ['a', 'b b b b', 'c c c', 'd']);
    expect(on.embedder.requests).toEqual([['b b b b'], ['c c c'], ['a', 'd']]);
  });

  it('halves a refused request until the text that caused it stands alone', async () => {
    const on = context();
    const { embedded, tokens } = await embedTexts(on, ['a', 'b', 'REFUSED', 'c']);
    expect(on.embedder.requests).toEqual([
      ...[['a', 'b', 'REFUSED', 'c'], witness, ['a', 'b', 'REFUSED', 'c']],
      ...[
        ['a', 'b'],
        ['REFUSED', 'c'],
      ],
      ...[['REFUSED'], witness, ['REFUSED'], ['c']],
    ]);
    expect(embedded[2]).toEqual({ refused: expect.objectContaining({ code: 'provider-refused-input' }) });
    expect(tokens).toBe(3);
  });

  it('blames the request, and not its texts, when every single one of many is refused', async () => {
    const texts = Array.from({ length: 32 }, (_, n) => `REFUSED ${n}`);
    await expect(embedTexts(context(), texts)).rejects.toMatchObject({
      code: 'provider-refused',
      message: expect.stringContaining('refuses each of 32 texts'),
    });
    const fewer = await embedTexts(context(), texts.slice(1));
    expect(fewer.embedded.every((item) => 'refused' in item)).toBe(true);
    const oneGood = await embedTexts(context(), [...texts, 'good']);
    expect(oneGood.embedded.filter((item) => 'vector' in item)).toHaveLength(1);
  });

  it('holds the whole fleet back on a 429, for as long as it says, and counts no failure', async () => {
    const on = context({ failures: [...Array.from({ length: 20 }, () => limited(700)), null] });
    await embedTexts(on, ['a']);
    expect(on.budget.holds).toEqual(Array.from({ length: 20 }, () => 700));
    expect(on.clock.monotonicMs()).toBe(20 * 700);
  });

  it('holds longer and longer where a 429 says nothing', async () => {
    const on = context({ failures: [limited(), limited(), limited()] });
    await embedTexts(on, ['a']);
    expect(on.budget.holds).toEqual([500, 1_000, 2_000]);
  });

  it('tries a provider that is away again, and gives up after five times', async () => {
    const patient = context({ failures: [away(), away(1_234), away()] });
    await embedTexts(patient, ['a']);
    expect(patient.clock.sleeps).toEqual([1_000, 1_234, 4_000]);
    const hopeless = context({ failsOn: () => away() });
    await expect(embedTexts(hopeless, ['a'])).rejects.toMatchObject({ code: 'provider-unreachable' });
    expect(hopeless.embedder.requests).toEqual([...Array(5).fill(['a']), ...Array(5).fill(witness)]);
  });

  it.each(['provider-unauthorized', 'provider-refused'] as const)(
    'asks after %s the witness alone, once more for a stray answer, and then no more',
    async (code) => {
      const on = context({ failsOn: () => new ReembedError(code, 'no') });
      await expect(embedTexts(on, ['a', 'b'])).rejects.toMatchObject({ code });
      expect(on.embedder.requests).toEqual([['a', 'b'], witness, witness]);
    },
  );

  it('throws the reason of its signal and not what the aborted request came to', async () => {
    const stop = new AbortController();
    const on = { ...context(), signal: stop.signal };
    const embed = async () => {
      stop.abort(new Error('the range has ended'));
      throw limited(60_000);
    };
    await expect(embedTexts({ ...on, embedder: { ...on.embedder, embed } }, ['a'])).rejects.toThrow('the range has ended');
    expect(on.budget.holds).toEqual([]);
  });
});

describe('splitBatches', () => {
  const limits = { ...createFakeEmbedder().limits, maxInputs: 3, maxRequestTokens: 10 };
  const countTokens = async (text: string) => text.length;

  it('keeps every text, in order, within inputs and nine tenths of the tokens of a request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ maxLength: 12 })), async (texts) => {
        const batches = await splitBatches({ limits, countTokens }, texts);
        expect(batches.flat()).toEqual(texts);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(3);
          if (batch.length > 1) expect(batch.join('').length).toBeLessThanOrEqual(9);
        }
      }),
    );
  });
});
