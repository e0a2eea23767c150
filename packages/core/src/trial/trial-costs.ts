import type { Trial } from '@reembed/contracts';
import { dollars } from '../domain/amounts.ts';
import { ReembedError } from '../domain/error.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';

/** What a trial has sent to models, and may send. */
export type TrialCosts = {
  readonly spent: () => Trial['spent'];
  /** Counts what is about to be sent: once for every text of every model. Throws `over-budget` where that would pass the budget, and counts nothing then. */
  spend(wanted: readonly { readonly model: string; readonly texts: readonly string[] }[]): void;
};

/**
 * Tokens at list prices, by the model's own tokenizer or an upper estimate, so that a bill is not larger. A model whose price nobody knows cannot
 * be held to a budget: it is named instead.
 */
export function trialCosts(catalogue: Pick<ModelCatalogue, 'facts'>, budgetUsd: number): TrialCosts {
  let spent: Trial['spent'] = { texts: 0, tokens: 0, priceUsd: 0, priceUnknown: [] };
  return {
    spent: () => spent,
    spend(wanted) {
      let next = spent;
      for (const { model, texts } of wanted) next = added(next, model, texts, catalogue);
      if (next.priceUsd > budgetUsd)
        throw new ReembedError(
          'over-budget',
          `the trial would cost ${dollars(next.priceUsd)} at list prices (${next.tokens} tokens of ${next.texts} texts), and its budget is ${dollars(budgetUsd)}: ` +
            `allow more (--budget), or try fewer points (--points) or candidates. ${spent.texts === 0 ? 'Nothing was embedded' : `${dollars(spent.priceUsd)} of it are spent, on queries`}.`,
        );
      spent = next;
    },
  };
}

function added(spent: Trial['spent'], model: string, texts: readonly string[], catalogue: Pick<ModelCatalogue, 'facts'>): Trial['spent'] {
  const facts = catalogue.facts(model);
  if (facts === null || texts.length === 0) return spent;
  const tokens = texts.reduce((sum, text) => sum + facts.countTokens(text), 0);
  const price = facts.pricePerMillionTokensUsd;
  return {
    texts: spent.texts + texts.length,
    tokens: spent.tokens + tokens,
    priceUsd: spent.priceUsd + (tokens / 1e6) * (price ?? 0),
    priceUnknown: price === null && !spent.priceUnknown.includes(model) ? [...spent.priceUnknown, model] : spent.priceUnknown,
  };
}
