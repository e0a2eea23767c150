import type { Embedder } from '@reembed/core';
import { afterAll, describe, expect, it } from 'vitest';

export type EmbedderUnderTest = {
  readonly embedder: Embedder;
  /** The model's full size. */
  readonly dimensions: number;
  /** Another size it can give, where it can. */
  readonly smaller?: number;
  /** A text the model or its provider refuses. */
  readonly refusedText: string;
  close?(): Promise<void>;
};

const texts = [
  'How to move a collection',
  'Ein Satz über Vektoren',
  'tokens, words and characters 😀',
  'How to move a collection',
  'short',
];

/** What every Embedder promises (see the port), whatever the provider. `create` is called once, and once more for closing. */
export function runEmbedderContract(name: string, create: () => Promise<EmbedderUnderTest>): void {
  describe(`${name} as an Embedder`, () => {
    let opened: Promise<EmbedderUnderTest> | undefined;
    const start = () => {
      opened ??= create();
      return opened;
    };
    afterAll(async () => {
      const { embedder, close } = await start();
      await embedder.close();
      await close?.();
    });

    it('gives one finite, non-zero vector a text, in the order of the texts', async () => {
      const { embedder, dimensions } = await start();
      const all = await embedder.embed(texts, { kind: 'document' });
      expect(all.dimensions).toBe(dimensions);
      expect(all.vectors).toHaveLength(texts.length * dimensions);
      expect(all.vectors.every(Number.isFinite)).toBe(true);
      for (const [index, text] of texts.entries()) {
        const alone = await embedder.embed([text], { kind: 'document' });
        expect(cosine(row(all, index), alone.vectors)).toBeGreaterThan(0.9999);
      }
    });

    it('gives equal texts equal vectors and other texts other ones', async () => {
      const { embedder } = await start();
      const all = await embedder.embed(texts, { kind: 'document' });
      expect(cosine(row(all, 0), row(all, 3))).toBeGreaterThan(0.9999);
      expect(cosine(row(all, 0), row(all, 1))).toBeLessThan(0.99);
    });

    it('embeds queries with the same size', async () => {
      const { embedder, dimensions } = await start();
      expect((await embedder.embed(['where?'], { kind: 'query' })).dimensions).toBe(dimensions);
    });

    it('says how many tokens a request took', async () => {
      const { embedder } = await start();
      const { tokens } = await embedder.embed(texts, { kind: 'document' });
      expect(Number.isSafeInteger(tokens) && tokens > 0).toBe(true);
    });

    it('gives the number of dimensions asked for, or refuses the request', async () => {
      const { embedder, dimensions, smaller } = await start();
      const full = await embedder.embed(['one'], { kind: 'document', dimensions });
      expect(full.dimensions).toBe(dimensions);
      if (smaller !== undefined) {
        const cut = await embedder.embed(['one', 'two'], { kind: 'document', dimensions: smaller });
        expect([cut.dimensions, cut.vectors.length]).toEqual([smaller, 2 * smaller]);
      }
      const tooMany = embedder.embed(['one'], { kind: 'document', dimensions: dimensions + 1 });
      await expect(tooMany).rejects.toMatchObject({ name: 'ReembedError', code: 'provider-refused', retry: 'never' });
    });

    it('refuses a text it cannot embed as input, and says nothing of the text', async () => {
      const { embedder, refusedText } = await start();
      const error = await embedder.embed(['fine', refusedText], { kind: 'document' }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'ReembedError', code: 'provider-refused-input', retry: 'never' });
      if (refusedText.trim().length > 3) expect(JSON.stringify(error) + String(error)).not.toContain(refusedText);
    });

    it('refuses more texts than it takes as input', async () => {
      const { embedder } = await start();
      const tooMany = Array.from({ length: embedder.limits.maxInputs + 1 }, (_, index) => `text ${index}`);
      await expect(embedder.embed(tooMany, { kind: 'document' })).rejects.toMatchObject({ code: 'provider-refused-input' });
    });

    it('throws the reason of a signal that is aborted, before and during a request', async () => {
      const { embedder } = await start();
      const reason = new Error('the fleet pauses');
      await expect(embedder.embed(texts, { kind: 'document', signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const during = new AbortController();
      const embedding = embedder.embed(texts, { kind: 'document', signal: during.signal });
      during.abort(reason);
      // A model that answers at once may be done before it hears of it.
      const ended = await embedding.catch((thrown: unknown) => thrown);
      if (ended instanceof Error) expect(ended).toBe(reason);
    });

    it('answers requests made at the same time each with its own vectors', async () => {
      const { embedder } = await start();
      const alone = await embedder.embed(texts, { kind: 'document' });
      const together = await Promise.all(texts.map((text) => embedder.embed([text], { kind: 'document' })));
      for (const [index, { vectors }] of together.entries()) expect(cosine(row(alone, index), vectors)).toBeGreaterThan(0.9999);
    });

    it('cuts a text to a number of tokens at a character boundary, and leaves a short one as it is', async () => {
      const { embedder } = await start();
      expect(await embedder.truncate('short', 100)).toBe('short');
      for (const text of ['word '.repeat(50), '漢字仮名'.repeat(20), '😀 👩‍👩‍👧 '.repeat(30), '   spaces     and\n\n\nlines '.repeat(9)]) {
        for (const maxTokens of [0, 1, 7, 16]) {
          const cut = await embedder.truncate(text, maxTokens);
          expect(text.startsWith(cut)).toBe(true);
          expect(cut.isWellFormed()).toBe(true);
          if (cut !== '') expect(await embedder.countTokens(cut)).toBeLessThanOrEqual(maxTokens);
        }
      }
    });

    it('counts more tokens in a longer text', async () => {
      const { embedder } = await start();
      expect(await embedder.countTokens('one two three four five six seven')).toBeGreaterThan(await embedder.countTokens('one'));
    });

    it('closes twice without complaint', async () => {
      const { embedder, close } = await create();
      await embedder.close();
      await embedder.close();
      await close?.();
    });
  });
}

function row({ vectors, dimensions }: { readonly vectors: Float32Array; readonly dimensions: number }, index: number): Float32Array {
  return vectors.subarray(index * dimensions, (index + 1) * dimensions);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, at) => sum + value * (y[at] ?? Number.NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
