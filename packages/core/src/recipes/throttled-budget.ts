import { dollars } from '../domain/amounts.ts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { reembed } from '../domain/words.ts';
import type { Batch } from '../ports/batches.ts';
import type { RateBudget } from '../ports/fleet.ts';
import type { CostLimits, Costs } from '../ports/pace.ts';

/** US dollars for a million tokens of a model, by request and by batch; null where not known. */
export type TokenPrices = { readonly request: number | null; readonly batch: number | null };

/** `now`: the migration as it is known to be now. `spent`: US dollars so far, as counts of texts tell. */
export type Throttled = {
  readonly budget: RateBudget;
  readonly costs: Costs;
  readonly now: () => Pick<Migration, 'id' | 'spec'>;
  readonly pricesOf: (model: string) => TokenPrices;
  readonly spent: CostLimits['spent'];
};

/** What a migration may send by batch. A batch is told by the part of the migration that it is for, and by its tokens. */
export type BatchBudget = {
  /** Counts what the provider has, also of a Redis that has forgotten it. */
  note(batches: readonly Batch[]): Promise<void>;
  /** Sets aside what a batch costs that is about to be sent. Throws `over-budget`. */
  reserve(batch: Pick<Batch, 'part' | 'tokens'>): Promise<void>;
  /** What was billed for it. */
  settle(batch: Pick<Batch, 'part' | 'tokens'>): Promise<void>;
};

export type MigrationBudget = RateBudget & { readonly batches: (model: string) => BatchBudget };

/**
 * The fleet's budget as one migration may use it: its share of the provider's limits, and no request, nor batch, that would pass `throttle.maxCostUsd`
 * (throws `over-budget`). What is set aside by an estimate is set right once it is answered; a request that was not answered was not paid.
 */
export function throttledBudget({ budget, costs, now, pricesOf, spent }: Throttled): MigrationBudget {
  return {
    ...budget,
    async pass(model, need, signal) {
      const { id, spec } = now();
      const { share, maxCostUsd } = spec.throttle;
      const wanted = share === undefined ? need : { ...need, share: { of: id, part: share } };
      const price = pricesOf(model).request;
      if (maxCostUsd === null || price === null) return budget.pass(model, wanted, signal);
      const usd = (need.tokens / 1e6) * price;
      if (!(await costs.reserve(id, usd, { mostUsd: maxCostUsd, spent }))) throw overBudget(id, maxCostUsd, { what: 'request', usd });
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
    batches(model) {
      // Where it is not known nothing is limited: a plan with a limit, or with batches, wants it.
      const price = pricesOf(model).batch ?? 0;
      const costOf = ({ part, tokens }: Pick<Batch, 'part' | 'tokens'>) => ({ part, usd: (tokens / 1e6) * price });
      return {
        note: (batches) => costs.noteBatches(now().id, batches.map(costOf)),
        async reserve(batch) {
          const { id, spec } = now();
          const { maxCostUsd: mostUsd } = spec.throttle;
          const cost = costOf(batch);
          if (!(await costs.reserveBatch(id, cost, { mostUsd, spent }))) throw overBudget(id, mostUsd, { what: 'batch', usd: cost.usd });
        },
        settle: (batch) => costs.settleBatch(now().id, costOf(batch)),
      };
    },
  };
}

function overBudget(id: string, mostUsd: number | null, { what, usd }: { readonly what: string; readonly usd: number }): ReembedError {
  // A batch may alone cost more than the limit is.
  const enough = Number((2 * Math.max(mostUsd ?? 0, usd)).toPrecision(3));
  const more = reembed('tune', id, '--max-cost-usd', enough);
  const under = what === 'batch' ? '; batches that are under way are paid, and read then' : '';
  return new ReembedError(
    'over-budget',
    `the next ${what} (${dollars(usd)}) would pass throttle.maxCostUsd, which is ${dollars(mostUsd)}: nothing more is embedded. Allow more, such as ${more}, then ${reembed('resume', id)}${under}`,
  );
}
