import { embedWhole } from '@reembed/core';
import { createFakeClock, createFakeState, startStubProvider } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createModelCatalogue } from '../model-catalogue.ts';

const model = 'x/own';
const short = ['a few words', 'and a few more of them here', 'twelve words that stand for what a token is to this very server'];
const long = 'word '.repeat(1_000);

async function start(maxInputTokens: number | null) {
  const provider = await startStubProvider({ dimensions: 8, cutsAt: 300 });
  const entry = { provider: 'openai' as const, baseUrl: provider.openAiBaseUrl, apiKeyEnv: null, dimensions: 8 };
  const said = { documentPrefix: '', queryPrefix: '', limits: { maxInputTokens } };
  const embedder = createModelCatalogue({ config: { models: { [model]: { ...entry, ...said } } }, env: {} }).embedder(model);
  const clock = createFakeClock();
  const { rateBudget: budget } = createFakeState({ clock });
  const context = { embedder, dimensions: undefined, budget, clock, signal: new AbortController().signal };
  const sent = () => provider.log.map(({ texts }) => texts.length);
  return { context, sent, [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose]() };
}

it('a text that the server cuts without a word is refused by name, with what it read of it, and the others are embedded', async () => {
  await using on = await start(null);
  const { outcomes } = await embedWhole(on.context, { model, onLongText: 'quarantine' }, [...short, long]);
  expect(outcomes.slice(0, 3).every((outcome) => outcome instanceof Float32Array)).toBe(true);
  expect(outcomes[3]).toMatchObject({
    code: 'provider-refused-input',
    message: expect.stringMatching(
      /cuts long texts without a word: of one of about \d+ tokens it read 300\. Set limits\.maxInputTokens: 300/,
    ),
  });
});

it('once its limit is said, what the server would cut is taken in pieces that it reads', async () => {
  await using on = await start(300);
  const { outcomes } = await embedWhole(on.context, { model, onLongText: 'split-mean' }, [...short, long]);
  expect(outcomes.every((outcome) => outcome instanceof Float32Array)).toBe(true);
});

it('texts that are read whole go together once the longest of them has gone alone', async () => {
  await using on = await start(null);
  const texts = Array.from({ length: 6 }, (_, at) => `${at} ${'word '.repeat(280)}`);
  await embedWhole(on.context, { model, onLongText: 'quarantine' }, short);
  await embedWhole(on.context, { model, onLongText: 'quarantine' }, texts);
  await embedWhole(on.context, { model, onLongText: 'quarantine' }, texts);
  expect(on.sent()).toEqual([3, 1, 5, 6]);
});
