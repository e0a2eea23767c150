import { createOwnBudget, type ModelCallResult, type ModelCalls, type ModelCatalogue, serveModelCall, summarizeError } from '@reembed/core';
import { systemClock } from '@reembed/process';

/** Tries of one request before a person hears of it. */
const maxTries = 2;

/** Model calls served in this process, which therefore needs the providers' keys, instead of by workers. */
export function createModelCallsHere(catalogue: ModelCatalogue, signal: AbortSignal): ModelCalls {
  const results = new Map<string, ModelCallResult>();
  const budget = createOwnBudget(systemClock);
  return {
    async request(job) {
      try {
        const embedder = catalogue.saying({ [job.model]: job.said }).embedder(job.model);
        const context = {
          embedder,
          dimensions: job.dimensions ?? undefined,
          budget,
          clock: systemClock,
          signal,
          maxTries,
        };
        const answer = await serveModelCall(context, job).finally(() => embedder.close());
        results.set(job.callId, { ok: true, answer });
      } catch (error) {
        signal.throwIfAborted();
        results.set(job.callId, { ok: false, ...summarizeError(error) });
      }
    },
    result: async (callId) => results.get(callId) ?? null,
    forget: async (callId) => void results.delete(callId),
    active: async () => 0,
  };
}
