import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PointsEstimate, pointsEstimateSchema } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { runInProcess } from '../start-cli.fixture.ts';

const run = (...args: string[]) => runInProcess(['plan', ...args]);

async function estimate(...args: string[]): Promise<PointsEstimate> {
  const { exit, out, err } = await run('--json', ...args);
  if (exit !== 0) throw new Error(err);
  return pointsEstimateSchema.parse(JSON.parse(out));
}

const hundredMillion = ['--points', '100000000', '--mean-chars', '1030'];
const day = 86_400;

describe('a plan of points that nobody has yet', () => {
  it('counts tokens by language as another tokenizer does, and prices them', async () => {
    const file = new URL('fixtures/tokens-by-language.json', import.meta.url);
    const { tokens, characters } = JSON.parse(await readFile(file, 'utf8')) as Record<'tokens' | 'characters', Record<string, number>>;
    for (const [language, count] of Object.entries(tokens)) {
      const model = 'openai/text-embedding-3-small';
      const { models } = await estimate(
        '--points',
        '1000000',
        '--mean-chars',
        String(characters[language]),
        '--language',
        language,
        '--model',
        model,
      );
      expect([language, models[0]?.tokensAText]).toEqual([language, expect.closeTo(count, 6)]);
      // $0.02 a million, and half of that by the batch road.
      expect(models[0]?.priceUsd.sync).toBeCloseTo(count * 0.02, 6);
      expect(models[0]?.priceUsd.batch).toBeCloseTo(count * 0.01, 6);
    }
  });

  it('says hours by the limits, and what Qdrant and Redis hold, for every model', async () => {
    const { models, redisBytes } = await estimate(...hundredMillion, '--model', 'openai/text-embedding-3-small', 'cohere/embed-v5.0-fast');
    const [small, fast] = models;
    // 1,536 floats of 4 bytes and 32 links of 4 bytes a point; int8 copies are a quarter.
    expect(small?.qdrant.alone.memoryBytes).toBe(1e8 * (1_536 * 4 + 32 * 4));
    expect(small?.qdrant.int8.memoryBytes).toBe(1e8 * (1_536 + 32 * 4));
    expect(small?.qdrant.alone.diskBytes).toBe(1e8 * (1_536 * 4 + 32 * 4 + 1_030));
    expect(small?.qdrant.both.diskBytes).toBe(2 * (small?.qdrant.alone.diskBytes ?? 0));
    // 2,000 inputs a minute: 50,000 minutes.
    expect(fast?.time.lowSeconds).toBeCloseTo(50_000 * 60, -3);
    expect(fast?.time.highSeconds).toBeGreaterThan(34 * day);
    expect(fast?.notes.join()).toMatch(/34 d 17 h at the least: ask the vendor for a higher limit first, or begin with a learned map/);
    // 50,000 ranges of 273 bytes, and no fingerprints past ten million points.
    expect(redisBytes).toBe(10e6 + 50_000 * 273);
    expect(
      (await estimate('--points', '1000000000', '--mean-chars', '500', '--model', 'openai/text-embedding-3-small')).models[0]?.tokens,
    ).toBeCloseTo(1e9 * ((33 / 170) * 500), -4);
  });

  it('takes models and sizes from a spec, without a collection', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reembed-ahead-'));
    const file = join(folder, 'spec.yaml');
    const embed = { model: 'openai/text-embedding-3-large', dimensions: 1024, text: '{{body}}' };
    await writeFile(file, JSON.stringify({ source: { collection: 'nobody' }, target: { collection: 'b' }, vectors: { '': { embed } } }));
    const { models } = await estimate(file, ...hundredMillion);
    expect(models).toMatchObject([{ model: 'openai/text-embedding-3-large', dimensions: 1024 }]);
    const shown = await run(file, ...hundredMillion);
    expect(shown.out).toMatch(/^100,000,000 points with texts of 1,030 characters \(english\):/);
    expect(shown.out).toMatch(/openai\/text-embedding-3-large +1024 +20 bn +\$2599\.24/);
    await rm(folder, { recursive: true });
  });

  it('says of texts that are longer than the model reads what becomes of them', async () => {
    const { models } = await estimate('--points', '10', '--mean-chars', '9000', '--model', 'cohere/embed-english-v3.0');
    expect(models[0]?.notes.join()).toMatch(/tokens and cohere\/embed-english-v3\.0 reads 512: most would be set aside, cut/);
  });

  it.each<[string, string[], RegExp]>([
    [
      'no mean length',
      ['--points', '10', '--model', 'openai/text-embedding-3-small'],
      /--mean-chars is missing: how many characters.*such as 800/,
    ],
    ['no points', ['--mean-chars', '10', '--model', 'openai/text-embedding-3-small'], /--points is missing: how many points/],
    ['no model', ['--points', '10', '--mean-chars', '10'], /--model is missing: one or more models/],
    ['no points at all', ['--points', '0', '--mean-chars', '10', '--model', 'openai/text-embedding-3-small'], /--points 0: /],
    ['a length below nothing', ['--points', '1', '--mean-chars', '-3', '--model', 'openai/text-embedding-3-small'], /--mean-chars -3: /],
    [
      'a model that is not known',
      ['--points', '1', '--mean-chars', '9', '--model', 'openai/text-embedding-4'],
      /models\.0 \("openai\/text-embedding-4"\): is not a known model: .*reembed models.*nearest: openai\/text-embedding-3-small/,
    ],
    [
      'a model of rows',
      ['--points', '1', '--mean-chars', '9', '--model', 'transformers/colbert-ir/colbertv2.0'],
      /not taken for a dense model/,
    ],
    [
      'a size that the model does not give',
      ['--points', '1', '--mean-chars', '9', '--model', 'openai/text-embedding-3-small', '--dimensions', '4000'],
      /dimensions \(4000\): is no size that openai\/text-embedding-3-small gives; it gives at most 1536/,
    ],
    [
      'a language without a sample',
      ['--points', '1', '--mean-chars', '9', '--model', 'openai/text-embedding-3-small', '--language', 'klingon'],
      /language \("klingon"\): has no sample to count tokens by; there are: english, german/,
    ],
    ['neither spec nor points', [], /name a spec file; or, without a collection, --points, --mean-chars and --model/],
  ])('refuses %s by name, value and way out', async (_, args, says) => {
    expect(await run(...args)).toMatchObject({ exit: 2, err: expect.stringMatching(says) });
  });
});
