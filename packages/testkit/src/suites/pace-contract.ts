import { type Costs, noTimes, type Pace, slowestOf, type TakeLimits } from '@reembed/core';
import { expect, it } from 'vitest';
import { newId } from '../builders/build-documents.ts';

const never = new AbortController().signal;
const free = { pointsPerSecond: null, told: false };
const told = { pointsPerSecond: null, told: true };

/** Whether it is given what it asks for, before whoever asks has to give up. */
async function isGiven(pace: Pace, id: string, limits: TakeLimits): Promise<boolean> {
  const patience = new AbortController();
  const taking = pace.take(id, 1, limits, patience.signal).then(() => true);
  const given = await Promise.race([
    taking,
    pace
      .standing(id)
      .then(() => pace.standing(id))
      .then(() => false),
  ]);
  patience.abort(new Error('no patience'));
  return given || (await taking.catch(() => false));
}

export function pacePromises(pace: () => Pace): void {
  it('gives what nothing limits, and counts it', async () => {
    const id = newId();
    expect(await pace().standing(id)).toBeNull();
    await pace().take(id, 256, free, never);
    await pace().take(id, 44, free, never);
    expect(await pace().standing(id)).toMatchObject({ taken: 300, pointsPerSecond: null });
  });

  it('gives nothing to those who have to be told and are not, nor while nothing is allowed; abandoned, it throws the reason', async () => {
    const id = newId();
    expect(await isGiven(pace(), id, told)).toBe(false);
    await pace().allow(id, { pointsPerSecond: 0, why: 'searches are slow' }, 60_000);
    expect(await isGiven(pace(), id, told)).toBe(false);
    expect(await pace().standing(id)).toEqual({ pointsPerSecond: 0, why: 'searches are slow', taken: 0 });
    await expect(pace().take(id, 1, told, AbortSignal.abort(new Error('it has moved on')))).rejects.toThrow('it has moved on');
    await pace().allow(id, { pointsPerSecond: null, why: 'all is well' }, 60_000);
    expect(await isGiven(pace(), id, told)).toBe(true);
  });

  it('gives no more than was allowed, nor than the spec says, whichever is less', async () => {
    const id = newId();
    await pace().allow(id, { pointsPerSecond: 1_000_000, why: '' }, 60_000);
    await pace().take(id, 1_000, { pointsPerSecond: 1, told: true }, never);
    expect(await isGiven(pace(), id, { pointsPerSecond: 1, told: true })).toBe(false);
    expect((await pace().standing(id))?.taken).toBe(1_000);
  });

  it('goes by another rate at once, however much was owed by the one of before', async () => {
    const id = newId();
    await pace().take(id, 1_000, { pointsPerSecond: 0.01, told: false }, never);
    await pace().take(id, 1, { pointsPerSecond: 1_000_000, told: false }, never);
    expect((await pace().standing(id))?.taken).toBe(1_001);
  });
}

export function timesPromises(pace: () => Pace): void {
  it('keeps of each migration what its ranges spend their time on, as all who work on it note it', async () => {
    const [id, other] = [newId(), newId()];
    expect(await pace().times(id)).toBeNull();
    await pace().noteTimes(id, { ...noTimes, inHand: 1_000.5, cpu: 100, qdrant: 900.25 });
    await pace().noteTimes(id, { ...noTimes, inHand: 9_000, provider: 9_000 });
    await pace().noteTimes(other, { ...noTimes, inHand: 500, source: 500 });
    expect(await pace().standing(id)).toBeNull();
    expect(slowestOf(await pace().times(id))).toMatchObject({ part: 'provider' });
    expect(slowestOf(await pace().times(other))).toEqual({ part: 'source', share: 1 });
  });
}

export function costPromises(costs: () => Costs): void {
  const limits = (requests = 0, batches = 0) => ({ mostUsd: 1, spent: { requests, batches } });

  it('sets aside what fits, over all who ask, and nothing of what does not', async () => {
    const id = newId();
    const answers = await Promise.all(Array.from({ length: 12 }, () => costs().reserve(id, 0.125, limits())));
    expect(answers.filter(Boolean)).toHaveLength(8);
    await costs().giveBack(id, 0.125);
    expect(await costs().reserve(id, 0.25, limits())).toBe(false);
    expect(await costs().reserve(id, 0.125, limits())).toBe(true);
  });

  it('knows what was spent before, where it was not told itself', async () => {
    const id = newId();
    expect(await costs().reserve(id, 0.25, limits(0.875))).toBe(false);
    expect(await costs().reserve(id, 0.125, limits(0.875))).toBe(true);
    expect(await costs().reserve(id, 0.125, limits(0.5))).toBe(false);
  });

  it('counts batches and requests together, a batch once however often it is sent, and in the end what it came to', async () => {
    const id = newId();
    expect(await costs().reserve(id, 0.25, limits())).toBe(true);
    for (let sent = 0; sent < 2; sent++) expect(await costs().reserveBatch(id, { part: 'a', usd: 0.5 }, limits())).toBe(true);
    expect(await costs().reserveBatch(id, { part: 'b', usd: 0.5 }, limits())).toBe(false);
    expect(await costs().reserve(id, 0.5, limits())).toBe(false);
    for (let ended = 0; ended < 2; ended++) await costs().settleBatch(id, { part: 'a', usd: 0.125 });
    expect(await costs().reserveBatch(id, { part: 'b', usd: 0.5 }, limits())).toBe(true);
    expect(await costs().reserve(id, 0.25, limits())).toBe(false);
    expect(await costs().reserve(id, 0.125, limits())).toBe(true);
    expect(await costs().reserveBatch(id, { part: 'c', usd: 10 }, { ...limits(), mostUsd: null })).toBe(true);
  });

  it('knows batches that the provider has, which nothing was set aside for, and leaves what it knows', async () => {
    const id = newId();
    await costs().settleBatch(id, { part: 'a', usd: 0.125 });
    const known = ['a', 'b', 'c'].map((part) => ({ part, usd: 0.375 }));
    for (let looks = 0; looks < 2; looks++) await costs().noteBatches(id, known);
    expect(await costs().reserveBatch(id, { part: 'd', usd: 0.25 }, limits())).toBe(false);
    expect(await costs().reserveBatch(id, { part: 'd', usd: 0.125 }, limits())).toBe(true);
    expect(await costs().reserve(id, 0.125, limits(0, 0.5))).toBe(false);
    expect(await costs().reserveBatch(newId(), { part: 'a', usd: 0.25 }, limits(0.5, 0.5))).toBe(false);
  });
}
