import type { ModelCallJob } from '@reembed/contracts';
import {
  costsUsd,
  type Migration,
  type MigrationBudget,
  type ModelCatalogue,
  type RateBudget,
  scopeOfCall,
  sumOf,
  throttledBudget,
} from '@reembed/core';
import type { State } from '@reembed/queue';

/** What migrations may use of providers. */
export type Budgets = {
  /** `now`: the migration as it is known to be now. What has been spent so far is asked here, once: what comes after it is known by what was set aside. */
  of(migration: Migration, now: () => Migration): Promise<MigrationBudget>;
  /** That of the migration that a model call is for; all there is where it is for none. */
  ofCall(job: Pick<ModelCallJob, 'callId'>): Promise<RateBudget>;
};

export type BudgetOptions = {
  readonly state: Pick<State, 'costs' | 'rateBudget'> & {
    readonly migrations: Pick<State['migrations'], 'load'>;
    readonly ranges: Pick<State['ranges'], 'spent'>;
  };
  readonly catalogue: Pick<ModelCatalogue, 'facts' | 'record'>;
};

export function createBudgets({ state, catalogue }: BudgetOptions): Budgets {
  const of: Budgets['of'] = async (migration, now) => {
    const spent = sumOf(await state.ranges.spent(migration.id), migration.spentBefore);
    const { requests, batches } = costsUsd(catalogue, migration, spent);
    return throttledBudget({
      budget: state.rateBudget,
      costs: state.costs,
      now,
      pricesOf: (model) => ({
        request: catalogue.facts(model)?.pricePerMillionTokensUsd ?? null,
        batch: catalogue.record(model)?.batchPricePerMillionTokensUsd ?? null,
      }),
      spent: { requests: requests ?? 0, batches: batches ?? 0 },
    });
  };
  return {
    of,
    async ofCall(job) {
      const migration = await state.migrations.load(scopeOfCall(job));
      return migration === null ? state.rateBudget : of(migration, () => migration);
    },
  };
}
