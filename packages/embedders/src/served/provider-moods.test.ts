import { createOwnBudget, embedTexts, isReembedError } from '@reembed/core';
import { createFakeClock, poison, providerMoods, startStubProvider, stubVector } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { createModelCatalogue } from '../model-catalogue.ts';

const texts = Array.from({ length: 16 }, (_, n) => (n === 11 ? `a text of ${poison}` : `text number ${n} of a page`));

describe('a server of the mood', () => {
  it.each(providerMoods)('$name ends in right vectors or a clear word', async ({ meets, comes, requestTimeoutMs = 60_000 }) => {
    await using stub = await startStubProvider({ dimensions: 32, mood: meets });
    const entry = { provider: 'openai', baseUrl: stub.openAiBaseUrl, dimensions: 32, limits: { maxInputs: 8 }, requestTimeoutMs };
    const embedder = createModelCatalogue({ config: { models: { 'x/m': entry } }, env: {} }).embedder('x/m');
    const clock = createFakeClock();
    const context = { embedder, dimensions: undefined, budget: createOwnBudget(clock), clock, signal: new AbortController().signal };
    const outcome = await embedTexts(context, texts).catch((error: unknown) => error);
    await embedder.close();
    if (typeof comes === 'object' && !('setAside' in comes)) {
      const [words, retry] = 'stops' in comes ? [comes.stops, 'never'] : [comes.waits, 'later'];
      expect(outcome).toMatchObject({ retry, message: expect.stringMatching(words) });
      expect(isReembedError(outcome) && outcome.message).not.toContain('shorten');
      return;
    }
    const aside = comes === 'all-embedded' ? null : comes.setAside;
    expect((outcome as Awaited<ReturnType<typeof embedTexts>>).embedded).toEqual(
      texts.map((text) =>
        aside !== null && text.includes(aside)
          ? { refused: expect.objectContaining({ code: 'provider-refused-input' }) }
          : { vector: Float32Array.from(stubVector('m', '', text, 32)) },
      ),
    );
  });
});
