import { dollars } from '../domain/amounts.ts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { reembed } from '../domain/words.ts';
import type { RateBudget } from '../ports/fleet.ts';
import type { Costs } from '../ports/pace.ts';

/** `now`: the migration as it is known to be now. `priceOf`: US dollars for a million tokens; null where not known. `spentUsd`: so far, as it is known. */
export type Throttled = {
  readonly budget: RateBudget;
  readonly costs: Costs;
  readonly now: () => Pick<Migration, 'id' | 'spec'>;
  readonly priceOf: (model: string) => number | null;
  readonly spentUsd: number;
};

/**
 * The fleet's budget as one migration may use it: its share of the provider's limits, and no request that would pass `throttle.maxCostUsd`
 * (throws `over-budget`). What is set aside for a request by an estimate is set right once it is answered; what was not answered was not paid.
 */
export function throttledBudget({ budget, costs, now, priceOf, spentUsd }: Throttled): RateBudget {
  return {
    ...budget,
    async pass(model, need, signal) {
      const { id, spec } = now();
      const { share, maxCostUsd } = spec.throttle;
      const wanted = share === undefined ? need : { ...need, share: { of: id, part: share } };
      const price = priceOf(model);
      if (maxCostUsd === null || price === null) return budget.pass(model, wanted, signal);
      const usd = (need.tokens / 1e6) * price;
      if (!(await costs.reserve(id, { usd, mostUsd: maxCostUsd, spentUsd }))) throw overBudget(id, maxCostUsd, usd);
      try {
        const passage = await budget.pass(model, wanted, signal);
        return {
          async end(answered, tokens) {
            const paid = answered ? ((tokens ?? need.tokens) / 1e6) * price : 0;
            await costs.giveBack(id, usd - paid);
            await passage.end(answered, tokens);
          },
        };
      } catch (error) {
        await costs.giveBack(id, usd);
        throw error;
      }
    },
  };
}

function overBudget(id: string, maxCostUsd: number, usd: number): ReembedError {
  const more = reembed('tune', id, '--max-cost-usd', 2 * maxCostUsd);
  return new ReembedError(
    'over-budget',
    `the next request (${dollars(usd)}) would pass throttle.maxCostUsd, which is ${dollars(maxCostUsd)}: nothing more is embedded. Allow more, such as ${more}, then ${reembed('resume', id)}`,
  );
}
