import { afterEach, expect, it } from 'vitest';
import { findModel } from '../model-catalogue.ts';
import { createLocalEmbedder } from './local.ts';

function start(threads: number) {
  const profile = findModel('local/use-lite', { config: { models: {} }, env: {} })?.profile;
  if (!profile) throw new Error('local/use-lite is built in');
  return createLocalEmbedder({ ...profile, dimensions: 512 }, { threads });
}

let embedder = start(1);
afterEach(async () => {
  await embedder.close();
  embedder = start(1);
});

it('puts texts of like meaning near each other', async () => {
  const texts = ['How do I reset my password?', 'I forgot my login credentials', 'The recipe needs two eggs'];
  const { vectors } = await embedder.embed(texts, { kind: 'document' });
  const dot = (a: number, b: number) =>
    vectors.subarray(a * 512, a * 512 + 512).reduce((sum, value, at) => sum + value * (vectors[b * 512 + at] ?? 0), 0);
  expect(dot(0, 1)).toBeGreaterThan(dot(0, 2) + 0.2);
});

it('gives a text the same vector alone, among long ones and on another thread', async () => {
  const texts = ['short', 'a long text about collections '.repeat(200), 'short'];
  const two = start(2);
  try {
    const [together, ...alone] = await Promise.all([texts, ['short'], ['short']].map((some) => two.embed(some, { kind: 'document' })));
    for (const row of [together?.vectors.subarray(0, 512), together?.vectors.subarray(1024), ...alone.map(({ vectors }) => vectors)]) {
      expect([...(row ?? [])].every((value, at) => Math.abs(value - (alone[0]?.vectors[at] ?? 0)) < 1e-5)).toBe(true);
    }
  } finally {
    await two.close();
  }
});

it('refuses a text longer than it reads, and takes it once it is cut', async () => {
  const text = 'words '.repeat(3000);
  await expect(embedder.embed([text], { kind: 'document' })).rejects.toMatchObject({ code: 'provider-refused-input' });
  const cut = await embedder.truncate(text, embedder.limits.maxInputTokens ?? 0);
  expect(await embedder.countTokens(cut)).toBe(2048);
  await expect(embedder.embed([cut], { kind: 'document' })).resolves.toMatchObject({ tokens: 2048 });
});

it('leaves the main thread free while it works', async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await embedder.embed(['some text about nothing '.repeat(100)], { kind: 'document' });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
});

it('fails what is in flight when it is closed, as something to try again', async () => {
  const embedding = embedder.embed(['in flight'], { kind: 'document' }).catch((error: unknown) => error);
  await embedder.close();
  expect(await embedding).toMatchObject({ code: 'provider-unreachable', retry: 'later' });
});
