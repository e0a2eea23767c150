import type { ModelFacts } from '@reembed/core';
import type { Command } from 'commander';
import { openCatalogue } from '../inputs/models-here.ts';
import { table } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';

export function defineModels(command: Command, cli: Cli): void {
  command
    .description('Lists the models known here: the built-in ones and those of reembed.config.yaml (REEMBED_CONFIG).')
    .action(async () => {
      const catalogue = await openCatalogue(cli.env);
      const models = catalogue.known().flatMap((name) => catalogue.facts(name) ?? []);
      cli.result({ models: models.map(toDocument) }, () =>
        table([['model', 'dimensions', 'tokens a text', 'a million tokens'], ...models.map(toRow)]).join('\n'),
      );
    });
}

function toDocument(facts: ModelFacts) {
  const { model, dimensions, dimensionChoices, leastDimensions, limits, pricePerMillionTokensUsd, documentPrefix, queryPrefix } = facts;
  return { model, dimensions, dimensionChoices, leastDimensions, limits, pricePerMillionTokensUsd, documentPrefix, queryPrefix };
}

function toRow({ model, dimensions, limits, pricePerMillionTokensUsd: price }: ModelFacts): string[] {
  return [
    model,
    String(dimensions ?? 'as it answers'),
    String(limits.maxInputTokens ?? 'not known'),
    price === null ? 'not known' : `$${price}`,
  ];
}
