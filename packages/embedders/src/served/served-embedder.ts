import { type Embedder, isReembedError } from '@reembed/core';
import type { ServedProfile } from '../records/model-profile.ts';
import { checkDimensionsAsked, checkEmbeddings, checkInputs } from '../replies/check-embeddings.ts';
import { createRequestSignal } from '../replies/request-ending.ts';
import { type DocumentTokenizer, sumTokens } from '../tokens/tokenizer.ts';
import { NoVectors } from './provider-fault.ts';
import type { Ask, ServerInterface } from './server-interface.ts';
import { translateProviderError } from './translate-provider-error.ts';

export type ServedModel = {
  readonly profile: ServedProfile;
  readonly tokenizer: DocumentTokenizer;
  readonly apiKey: string | null;
  readonly spoken: ServerInterface;
};

/** A model that a server runs. The client library is loaded at the first call. */
export function createServedEmbedder({ profile, tokenizer, apiKey, spoken }: ServedModel): Embedder {
  const { model, limits } = profile;
  let client: Promise<Ask> | undefined;
  return {
    model,
    limits,
    ...tokenizer,
    async embed(texts, request) {
      request.signal?.throwIfAborted();
      checkDimensionsAsked(profile, request.dimensions);
      checkInputs(profile, texts);
      client ??= spoken.connect(profile, apiKey);
      const ask = await client;
      using ending = createRequestSignal(request.signal, profile.requestTimeoutMs);
      try {
        const { rows, billed } = await ask(texts, request, ending.signal);
        const dimensions = request.dimensions ?? profile.dimensions;
        return {
          ...checkEmbeddings({ model, rows, count: texts.length, dimensions }),
          tokens: billed || (await sumTokens(tokenizer, texts)),
        };
      } catch (error) {
        request.signal?.throwIfAborted();
        if (isReembedError(error)) throw error;
        const fault = error instanceof NoVectors ? error.fault : spoken.readFault(error);
        throw translateProviderError({ ...fault, timedOut: ending.timedOut }, { profile, apiKey, texts });
      }
    },
    async close() {},
  };
}
