import type { EmbedRecipe, Plan, Spec } from '@reembed/contracts';
import { embedVectors } from '../domain/recipes-of.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import type { PlanScene } from './plan-scene.ts';
import { textOf } from './render-text.ts';

type Estimated = Pick<PlanScene, 'spec' | 'catalogue' | 'sample' | 'points' | 'earlier'>;

/**
 * What every embed recipe would send, judged by the sample: lengths of all texts, and of those that are embedded tokens over all points and the
 * list price.
 */
export function estimateEmbeds({ spec, catalogue, sample, points, earlier }: Estimated): Plan['embeds'] {
  return embedVectors(spec).flatMap(({ name, recipe }) => {
    const facts = catalogue.facts(recipe.model);
    if (facts === null) return [];
    const kept = earlier?.kept[name];
    const read = sample.flatMap((point) => {
      const text = textOf(recipe.text, point);
      return text === null ? [] : [{ text, tokens: facts.countTokens(text), isKept: kept?.has(point.id) ?? false }];
    });
    const texts = read.map(({ text }) => text);
    const tokens = read.map((one) => one.tokens);
    const paid = read.filter(({ isKept }) => !isKept).map((one) => one.tokens);
    const limit = facts.limits.maxInputTokens ?? Number.POSITIVE_INFINITY;
    const totalTokens = sample.length === 0 ? 0 : Math.round((sum(paid) / sample.length) * points);
    // Without a sample nobody knows what the texts cost.
    const price = sample.length === 0 && points > 0 ? null : priceOf(catalogue, recipe);
    return [
      {
        vector: name,
        model: recipe.model,
        takenFor: facts.takenFor,
        documentPrefix: facts.documentPrefix,
        queryPrefix: facts.queryPrefix,
        dimensions: recipe.dimensions ?? facts.dimensions,
        sampledTexts: texts.length,
        missingTexts: sample.length - texts.length,
        keptTexts: read.length - paid.length,
        chars: distribution(texts.map((text) => text.length)),
        tokens: distribution(tokens),
        tokenCount: facts.exactTokens ? ('exact' as const) : ('estimate' as const),
        totalTokens,
        priceUsd: price === null ? null : (totalTokens / 1e6) * price,
        overLimit: tokens.filter((count) => count > limit).length,
      },
    ];
  });
}

/** US dollars for a million tokens, by the road that the recipe takes; null where not known. */
export function priceOf(
  catalogue: Pick<ModelCatalogue, 'facts' | 'record'>,
  { model, batch }: Pick<EmbedRecipe, 'model' | 'batch'>,
): number | null {
  const single = catalogue.facts(model)?.pricePerMillionTokensUsd ?? null;
  return batch === true ? (catalogue.record(model)?.batchPricePerMillionTokensUsd ?? single) : single;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** By nearest rank. */
function distribution(values: readonly number[]): { p50: number; p95: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

/** The spec with every mapped vector embedded instead, by the model that its map leads to: the other road. Maps that cannot be read stay. */
export function embeddedInstead({ spec, adapters }: Pick<PlanScene, 'spec' | 'adapters'>): Spec {
  const vectors = Object.entries(spec.vectors).map(([name, { project, ...vector }]) => {
    const header = adapters[name];
    if (project === undefined) return [name, vector];
    if (header === undefined || header instanceof Error) return [name, { ...vector, project }];
    const { model, text } = header.to;
    return [name, { ...vector, embed: { model, text, via: 'worker', onMissingText: 'quarantine', onLongText: 'quarantine', options: {} } }];
  });
  return { ...spec, vectors: Object.fromEntries(vectors) };
}
