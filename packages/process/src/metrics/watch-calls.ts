import { type Batches, type Clock, type Embedder, isReembedError, type ModelCatalogue, type Watch } from '@reembed/core';
import { withSpan } from '../traces/spans.ts';
import type { Metrics } from './create-metrics.ts';

type Timer = Pick<Clock, 'monotonicMs'>;

/** Times every request to Qdrant, and has it be a span of the trace under way. */
export function watchQdrant(metrics: Pick<Metrics, 'observe'>, clock: Timer): Watch {
  return ({ operation, transport }, run) => {
    const attributes = { 'db.system.name': 'qdrant', 'db.operation.name': operation, 'network.protocol.name': transport };
    const asked = () => withSpan(`qdrant ${operation}`, { kind: 'client', attributes }, run);
    return timed(clock, asked, (seconds, outcome) =>
      metrics.observe('reembed_qdrant_request_seconds', { operation, transport, outcome }, seconds),
    );
  };
}

/** The same models; what they are asked, and what that costs, is counted, and each request is a span. */
export function watchModels(catalogue: ModelCatalogue, metrics: Metrics, clock: Timer): ModelCatalogue {
  return {
    ...catalogue,
    saying: (models) => watchModels(catalogue.saying(models), metrics, clock),
    embedder: (model) => watchEmbedder(catalogue.embedder(model), pricesOf(catalogue, model), metrics, clock),
  };
}

/** US dollars for a million tokens; null where not known. */
type Prices = { readonly byRequest: number | null; readonly byBatch: number | null };

function pricesOf(catalogue: ModelCatalogue, model: string): Prices {
  return {
    byRequest: catalogue.facts(model)?.pricePerMillionTokensUsd ?? null,
    byBatch: catalogue.record(model)?.batchPricePerMillionTokensUsd ?? null,
  };
}

function watchEmbedder(embedder: Embedder, prices: Prices, metrics: Metrics, clock: Timer): Embedder {
  const { model } = embedder;
  const count = (price: number | null, texts: number, tokens: number) => {
    metrics.add('reembed_texts_total', { model }, texts);
    metrics.add('reembed_tokens_total', { model }, tokens);
    if (price !== null) metrics.add('reembed_cost_usd_total', { model }, (tokens / 1e6) * price);
  };
  const embed: Embedder['embed'] = async (texts, request) => {
    const attributes = { 'gen_ai.operation.name': 'embeddings', 'gen_ai.request.model': model, 'reembed.texts': texts.length };
    const embedded = await timed(
      clock,
      () => withSpan(`embed ${model}`, { kind: 'client', attributes }, () => embedder.embed(texts, request)),
      (seconds, outcome) => {
        metrics.observe('reembed_provider_request_seconds', { model, outcome }, seconds);
        if (outcome === 'provider-rate-limited') metrics.add('reembed_provider_rate_limited_total', { model });
      },
    );
    count(prices.byRequest, texts.length, embedded.tokens);
    return embedded;
  };
  const batches = embedder.batches && countBatches(embedder.batches, (texts, tokens) => count(prices.byBatch, texts, tokens));
  const watched: Partial<Embedder> = { embed, batches };
  // Not a copy: what an embedder knows of itself may change with its first request.
  return new Proxy(embedder, { get: (target, field) => Reflect.get(field in watched ? watched : target, field) });
}

/** The same road; what a batch came to is counted when it is read, and once, however often a range that is tried again reads it here. */
function countBatches(batches: Batches, count: (texts: number, tokens: number) => void): Batches {
  const counted = new Set<string>();
  return {
    ...batches,
    async read(batch, dimensions, signal) {
      const answers = await batches.read(batch, dimensions, signal);
      if (!counted.has(batch.id)) count(answers.vectors.size, answers.tokens);
      counted.add(batch.id);
      return answers;
    },
    async end(batch, signal) {
      await batches.end(batch, signal);
      counted.delete(batch.id);
    },
  };
}

/** How long it took, and its outcome: `ok`, the code of an error of ours, or `other`, where the work was stopped meanwhile or is broken. */
async function timed<T>(clock: Timer, run: () => Promise<T>, tell: (seconds: number, outcome: string) => void): Promise<T> {
  const began = clock.monotonicMs();
  const end = (outcome: string) => tell((clock.monotonicMs() - began) / 1_000, outcome);
  try {
    const answer = await run();
    end('ok');
    return answer;
  } catch (error) {
    end(isReembedError(error) ? error.code : 'other');
    throw error;
  }
}
