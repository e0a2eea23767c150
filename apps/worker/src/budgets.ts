import type { ModelCallJob } from '@reembed/contracts';
import { costUsd, type Migration, type ModelCatalogue, type RateBudget, scopeOfCall, throttledBudget } from '@reembed/core';
import type { State } from '@reembed/queue';

/** What migrations may use of providers. */
export type Budgets = {
  /** `now`: the migration as it is known to be now. What has been spent so far is asked here, once: what comes after it is known by what was set aside. */
  of(migration: Migration, now: () => Migration): Promise<RateBudget>;
  /** That of the migration that a model call is for; all there is where it is for none. */
  ofCall(job: Pick<ModelCallJob, 'callId'>): Promise<RateBudget>;
};

export type BudgetOptions = {
  readonly state: Pick<State, 'costs' | 'rateBudget'> & {
    readonly migrations: Pick<State['migrations'], 'load'>;
    readonly ranges: Pick<State['ranges'], 'spent'>;
  };
  readonly catalogue: Pick<ModelCatalogue, 'facts'>;
};

export function createBudgets({ state, catalogue }: BudgetOptions): Budgets {
  const of: Budgets['of'] = async (migration, now) => {
    const here = await state.ranges.spent(migration.id);
    return throttledBudget({
      budget: state.rateBudget,
      costs: state.costs,
      now,
      priceOf: (model) => catalogue.facts(model)?.pricePerMillionTokensUsd ?? null,
      spentUsd: costUsd(catalogue, migration, here.tokens + migration.spentBefore.tokens) ?? 0,
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
