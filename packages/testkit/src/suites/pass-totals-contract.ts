import type { PointId } from '@reembed/contracts';
import { longestLookMs, type Ranges } from '@reembed/core';
import { expect, it } from 'vitest';
import { integerId as integer } from '../builders/build-documents.ts';
import { withRanges } from './ranges-contract.ts';

const uuid = (hex: string): PointId => ({ kind: 'uuid', id: `${hex.repeat(8)}-0000-4000-8000-000000000000` });

export function totalPromises(of: () => Ranges): void {
  it('keeps the greatest change it was told of, exactly', async () => {
    const id = await withRanges(of(), 4);
    const told = [-0.5, 1_767_225_600_000.25, 1e-7, undefined];
    for (const [seq, latestChange] of told.entries()) {
      await of().claim(id, 1, seq, 'a');
      await of().finish(id, 1, seq, 'a', { points: 1, ...(latestChange === undefined ? {} : { latestChange }) });
      expect((await of().summary(id, 1)).latestChange).toBe(seq === 0 ? -0.5 : 1_767_225_600_000.25);
    }
    expect((await of().summary(id, 2)).latestChange).toBeNull();
  });

  it('adds up what differs, in whatever order the ranges end', async () => {
    const id = await withRanges(of(), 2);
    for (const [pass, seqs] of [
      [1, [0, 1]],
      [2, [1, 0]],
    ] as const) {
      for (const seq of seqs) {
        await of().claim(id, pass, seq, 'a');
        await of().finish(id, pass, seq, 'a', { points: 1, differing: seq === 0 ? 4_294_967_295 : 2 ** 52 });
      }
      expect((await of().summary(id, pass)).differing).toBe(String(4_294_967_295 + 2 ** 52));
    }
    expect((await of().summary(id, 3)).differing).toBe('0');
  });

  it('sums up points, what was refused, texts and tokens over ranges and passes', async () => {
    const id = await withRanges(of(), 2);
    for (const pass of [1, 2]) {
      for (const seq of [0, 1]) {
        await of().claim(id, pass, seq, 'a');
        await of().checkpoint(id, pass, seq, 'a', integer(seq * 10 + 5), { points: 5, texts: 2, tokens: 20, refused: 2 });
        await of().finish(id, pass, seq, 'a', { points: 5, texts: 1, tokens: 10, refused: 1 });
      }
    }
    const expected = {
      total: 2,
      done: 2,
      failed: 0,
      splitDone: true,
      points: 20,
      refused: 6,
      workedMs: 0,
      findings: [],
      differing: '0',
      latestChange: null,
      fatal: null,
      failures: [],
    };
    expect(await of().summary(id, 1)).toEqual(expected);
    expect(await of().spent(id)).toEqual({ texts: 12, tokens: 120, batchTokens: 0, kept: 0 });
  });

  it('counts the time between two notes of work, in the pass they are of', async () => {
    const id = await withRanges(of(), 1);
    await of().noteWork(id, 1);
    expect((await of().summary(id, 1)).workedMs).toBe(0);
    await of().noteWork(id, 1);
    const { workedMs } = await of().summary(id, 1);
    expect(workedMs).toBeGreaterThanOrEqual(0);
    expect(workedMs).toBeLessThanOrEqual(longestLookMs);
    expect((await of().summary(id, 2)).workedMs).toBe(0);
  });

  it('counts every finding and names the first hundred of a kind', async () => {
    const id = await withRanges(of(), 1);
    await of().claim(id, 1, 0, 'a');
    const missing = Array.from({ length: 150 }, (_, n) => ({ kind: 'missing' as const, id: integer(n) }));
    await of().checkpoint(id, 1, 0, 'a', integer(150), { points: 150, findings: missing });
    await of().finish(id, 1, 0, 'a', { points: 1, findings: [{ kind: 'extra', id: uuid('b') }] });
    const { findings } = await of().summary(id, 1);
    expect(findings.map(({ kind, count }) => [kind, count])).toEqual([
      ['missing', 150],
      ['extra', 1],
    ]);
    expect(findings[0]?.ids).toEqual(missing.slice(0, 100).map((finding) => finding.id));
    expect(findings[1]?.ids).toEqual([uuid('b')]);
  });

  it('keeps the last hundred failures, and the first fatal error', async () => {
    const id = await withRanges(of(), 120);
    for (let seq = 0; seq < 120; seq++) {
      await of().claim(id, 1, seq, 'a');
      expect(await of().giveUp(id, 1, seq, 'a', { code: 'internal', message: `no ${seq}` })).toBe(true);
    }
    await of().reportFatal(id, 1, { code: 'provider-unauthorized', message: 'first' });
    await of().reportFatal(id, 1, { code: 'provider-unauthorized', message: 'second' });
    const summary = await of().summary(id, 1);
    expect(summary).toMatchObject({ failed: 120, done: 0, fatal: { code: 'provider-unauthorized', message: 'first' } });
    expect(summary.failures).toHaveLength(100);
    expect(summary.failures.at(-1)).toEqual({ seq: 119, code: 'internal', message: 'no 119' });
    expect((await of().summary(id, 2)).fatal).toBeNull();
  });
}
