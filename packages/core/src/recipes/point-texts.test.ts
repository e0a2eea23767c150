import { specSchema } from '@reembed/contracts';
import { createFakeClock, createFakeState, createFakeTextSources } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { pairsWithTexts, withTexts, withTextsOnce } from './point-texts.ts';

const point = (id: number, vectors: PointText['vectors'] = {}): PointText => ({
  id: { kind: 'integer', id: String(id) },
  payload: '{}',
  vectors,
});

function context() {
  const clock = createFakeClock();
  const { rateBudget } = createFakeState({ clock });
  const stop = new AbortController();
  const sources = createFakeTextSources({ 1: { text: 'one' }, 2: { text: 'two' } });
  const texts = { sources, origin: { url: 'http://texts.example/a' }, budget: rateBudget, clock, signal: stop.signal };
  return { texts, sources, rateBudget, stop };
}

describe('withTexts', () => {
  it('gives a page its texts in one request, and null where there is none', async () => {
    const { texts, sources } = context();
    const found = await withTexts({ texts }, [point(2), point(3), point(1)]);
    expect(found.map(({ elsewhere }) => elsewhere)).toEqual(['{"text":"two"}', null, '{"text":"one"}']);
    expect(sources.asked).toEqual([['2', '3', '1']]);
  });

  it('asks for nothing twice, and for nothing where the texts are in the payloads', async () => {
    const { texts, sources } = context();
    const found = await withTexts({ texts }, [point(1), point(3)]);
    expect(await withTexts({ texts }, found)).toEqual(found);
    expect(await withTexts({}, [point(1)])).toEqual([point(1)]);
    expect(sources.asked).toHaveLength(1);
  });

  it('waits out a 429 however often, as long as it is told to', async () => {
    const { texts, sources, rateBudget } = context();
    sources.faults.push(...Array.from({ length: 9 }, () => new ReembedError('text-source-rate-limited', '429', { retryAfterMs: 70 })));
    await withTexts({ texts }, [point(1)]);
    expect(rateBudget.holds).toEqual(Array.from({ length: 9 }, () => 70));
  });

  it.each(['text-source-unreachable', 'text-source-bad-reply'] as const)('tries again after %s, five times', async (code) => {
    const { texts, sources } = context();
    sources.faults.push(...Array.from({ length: 4 }, () => new ReembedError(code, 'away')));
    expect(await withTexts({ texts }, [point(1)])).toMatchObject([{ elsewhere: '{"text":"one"}' }]);
    sources.faults.push(...Array.from({ length: 5 }, () => new ReembedError(code, 'away')));
    await expect(withTexts({ texts }, [point(1)])).rejects.toMatchObject({ code });
  });

  it.each(['text-source-refused', 'text-source-unauthorized'] as const)('gives up at once after %s', async (code) => {
    const { texts, sources } = context();
    sources.faults.push(new ReembedError(code, 'no'));
    await expect(withTexts({ texts }, [point(1)])).rejects.toMatchObject({ code });
    expect(sources.asked).toHaveLength(1);
  });

  it('ends with the range', async () => {
    const { texts, stop } = context();
    stop.abort(new Error('the range is lost'));
    await expect(withTexts({ texts }, [point(1)])).rejects.toThrow('the range is lost');
  });
});

describe('withTextsOnce', () => {
  it('asks for no more than a page at a time, and tries nothing again', async () => {
    const { sources } = context();
    const where = { collection: 'a', textFrom: { url: 'http://texts.example/a' } };
    const vectors = { new: { embed: { model: 'fake/4', text: '{{text}}' } } };
    const spec = specSchema.parse({ name: 'x', source: where, target: { collection: 'b' }, vectors, copy: { pagePoints: 2 } });
    const migration = { spec, resolved: { textFile: null } };
    const found = await withTextsOnce(sources, migration, [point(1), point(3), point(2)]);
    expect(found.map(({ elsewhere }) => elsewhere)).toEqual(['{"text":"one"}', null, '{"text":"two"}']);
    expect(sources.asked).toEqual([['1', '3'], ['2']]);
    sources.faults.push(new ReembedError('text-source-unreachable', 'away'));
    await expect(withTextsOnce(sources, migration, [point(1)])).rejects.toThrow('away');
  });
});

describe('pairsWithTexts', () => {
  const specOf = (hashField: string | null) =>
    specSchema.parse({
      ...{ name: 'x', source: { collection: 'a' }, target: { collection: 'b' }, sync: { hashField } },
      vectors: { new: { embed: { model: 'fake/4', text: '{{text}}' } }, old: { keep: '' } },
    });
  const pairs = [point(1, { new: '[1]' }), point(2)].map((target) => ({ source: { ...target, vectors: {} }, target }));

  it('asks about every point where a hash is stored', async () => {
    const { texts, sources } = context();
    const found = await pairsWithTexts({ texts, spec: specOf('hash') }, pairs);
    expect(found.map(({ source }) => source.elsewhere)).toEqual(['{"text":"one"}', '{"text":"two"}']);
    expect(sources.asked).toEqual([['1', '2']]);
  });

  it('asks else about those that lack a vector made from text', async () => {
    const { texts, sources } = context();
    await pairsWithTexts({ texts, spec: specOf(null) }, pairs);
    expect(sources.asked).toEqual([['2']]);
  });

  const many = (vectors: PointText['vectors']) =>
    Array.from({ length: 32 }, (_, at) => ({ source: point(100 + at), target: point(100 + at, vectors) }));

  it('does not believe that the texts of a whole page are gone, which would remove its points', async () => {
    const { texts } = context();
    const asked = pairsWithTexts({ texts, spec: specOf('hash') }, many({ new: '[1]' }));
    await expect(asked).rejects.toMatchObject({ code: 'text-source-bad-reply', message: expect.stringContaining('none of 32 points') });
  });

  it('believes it of single ones, and where there never was a text', async () => {
    const { texts } = context();
    const [one, ...others] = many({ new: '[1]' });
    expect((await pairsWithTexts({ texts, spec: specOf('hash') }, others)).every(({ source }) => source.elsewhere === null)).toBe(true);
    expect(await pairsWithTexts({ texts, spec: specOf('hash') }, [...pairs, ...(one ? [one] : []), ...others])).toHaveLength(34);
    expect(await pairsWithTexts({ texts, spec: specOf('hash') }, many({}))).toHaveLength(32);
  });
});
