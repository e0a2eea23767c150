import { type Clock, type Embedder, isReembedError, type ModelCatalogue, type ModelFacts, type Watch } from '@reembed/core';
import { withSpan } from '../traces/spans.ts';
import type { Metrics } from './create-metrics.ts';

type Timer = Pick<Clock, 'monotonicMs'>;

/** Times every request to Qdrant, and has it be a span of the trace under way. */
export function watchQdrant(metrics: Metrics, clock: Timer): Watch {
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
    embedder: (model) => watchEmbedder(catalogue.embedder(model), catalogue.facts(model), metrics, clock),
  };
}

function watchEmbedder(embedder: Embedder, facts: ModelFacts | null, metrics: Metrics, clock: Timer): Embedder {
  const { model } = embedder;
  const price = facts?.pricePerMillionTokensUsd ?? null;
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
    metrics.add('reembed_texts_total', { model }, texts.length);
    metrics.add('reembed_tokens_total', { model }, embedded.tokens);
    if (price !== null) metrics.add('reembed_cost_usd_total', { model }, (embedded.tokens / 1e6) * price);
    return embedded;
  };
  // Not a copy: what an embedder knows of itself may change with its first request.
  return new Proxy(embedder, { get: (target, field) => (field === 'embed' ? embed : Reflect.get(target, field)) });
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
