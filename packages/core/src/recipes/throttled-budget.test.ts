import { type ThrottleSpec, throttleSpecSchema } from '@reembed/contracts';
import { buildMigration, createFakeClock, createFakeEmbedder, createFakeState } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import type { RequestNeed } from '../ports/fleet.ts';
import { embedTexts } from './embed-texts.ts';
import { throttledBudget } from './throttled-budget.ts';

const { signal } = new AbortController();

function fixture(
  given: Partial<ThrottleSpec>,
  { price = 1e6 as number | null, failures = [] as (ReembedError | null)[], spent = { requests: 0, batches: 0 } } = {},
) {
  const clock = createFakeClock();
  const { rateBudget, costs } = createFakeState({ clock });
  const needs: RequestNeed[] = [];
  const budget = {
    ...rateBudget,
    pass: (model: string, need: RequestNeed, stop: AbortSignal) => {
      needs.push(need);
      return rateBudget.pass(model, need, stop);
    },
  };
  let throttle = throttleSpecSchema.parse(given);
  const { id, spec } = buildMigration({ id: 'm1' });
  const embedder = createFakeEmbedder({ failures, limits: { maxInputs: 2 } });
  const context = {
    ...{ embedder, dimensions: undefined, clock, signal },
    budget: throttledBudget({
      ...{ budget, costs, spent },
      now: () => ({ id, spec: { ...spec, throttle } }),
      pricesOf: () => ({ request: price, batch: price }),
    }),
  };
  return {
    needs,
    embedder,
    embed: (...texts: string[]) => embedTexts(context, texts),
    change: (change: Partial<ThrottleSpec>) => {
      throttle = { ...throttle, ...change };
    },
  };
}

describe('what a migration may use of a provider', () => {
  it('is all of it where nothing is said', async () => {
    const on = fixture({});
    await on.embed('a', 'b');
    expect(on.needs).toEqual([{ inputs: 2, tokens: 2 }]);
  });

  it('is its share of the limits, as of now', async () => {
    const on = fixture({ share: 0.25 });
    await on.embed('a');
    on.change({ share: 0.5 });
    await on.embed('b');
    expect(on.needs.map(({ share }) => share)).toEqual([
      { of: 'm1', part: 0.25 },
      { of: 'm1', part: 0.5 },
    ]);
  });

  it('ends before the request that would pass what it may cost, and goes on with more', async () => {
    // A dollar a token, two texts a request.
    const on = fixture({ maxCostUsd: 5 });
    await expect(on.embed('a', 'b', 'c', 'd', 'e', 'f')).rejects.toMatchObject({
      code: 'over-budget',
      message: expect.stringContaining('`reembed tune m1 --max-cost-usd 10`, then `reembed resume m1`'),
    });
    expect(on.embedder.requests).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    on.change({ maxCostUsd: 6 });
    await on.embed('e', 'f');
    expect(on.embedder.requests).toHaveLength(3);
  });

  it('knows of what was spent before this Redis was there', async () => {
    const on = fixture({ maxCostUsd: 5 }, { spent: { requests: 3, batches: 1 } });
    await on.embed('a');
    await expect(on.embed('b')).rejects.toMatchObject({ code: 'over-budget' });
  });

  it('does not count what was refused for being too much', async () => {
    const limited = () => new ReembedError('provider-rate-limited', 'too much', { retryAfterMs: 1 });
    const on = fixture({ maxCostUsd: 2 }, { failures: [limited(), limited(), limited()] });
    await on.embed('a', 'b');
    await expect(on.embed('c')).rejects.toMatchObject({ code: 'over-budget' });
  });
});
