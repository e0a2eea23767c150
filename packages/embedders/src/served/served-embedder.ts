import { type Embedder, isReembedError, ReembedError } from '@reembed/core';
import type { ServedProfile } from '../records/model-profile.ts';
import { checkDimensionsAsked, checkInputs } from '../replies/check-embeddings.ts';
import { readReply } from '../replies/read-reply.ts';
import { createRequestSignal } from '../replies/request-ending.ts';
import { type DocumentTokenizer, sumTokens } from '../tokens/tokenizer.ts';
import type { Access } from './access.ts';
import { NoVectors, providerHost } from './provider-fault.ts';
import type { Ask, Asking, ServerInterface } from './server-interface.ts';
import { translateProviderError } from './translate-provider-error.ts';
import { watchWholeTexts } from './whole-texts.ts';

export type ServedModel = {
  readonly profile: ServedProfile;
  readonly tokenizer: DocumentTokenizer;
  readonly apiKey: string | null;
  readonly spoken: ServerInterface;
  readonly access: Access;
};

/** A model that a server runs. The client library is loaded at the first call. */
export function createServedEmbedder({ profile, tokenizer, apiKey, spoken, access }: ServedModel): Embedder {
  const { model, limits } = profile;
  const whole = watchWholeTexts(() => tokenizer.exactTokens, limits.maxInputTokens);
  let client: Promise<Ask> | undefined;
  const asking: Asking = async (signal, ask) => {
    signal.throwIfAborted();
    using ending = createRequestSignal(signal, profile.requestTimeoutMs);
    try {
      await access.renewKey();
      return await ask(ending.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isReembedError(error)) throw error;
      throw translateProviderError(
        { ...spoken.readFault(error), timedOut: ending.timedOut },
        { profile, secrets: access.secrets(), texts: [] },
      );
    }
  };
  return {
    model,
    limits,
    shape: spoken.shape,
    ...tokenizer,
    batches: spoken.batches?.(profile, apiKey, access, asking),
    goesAlone: whole.goesAlone,
    async embed(texts, request) {
      request.signal?.throwIfAborted();
      checkDimensionsAsked(profile, request.dimensions);
      checkInputs(profile, texts);
      client ??= spoken.connect(profile, apiKey, access);
      const ask = await client;
      using ending = createRequestSignal(request.signal, profile.requestTimeoutMs);
      try {
        await access.renewKey();
        const { rows, billed } = await ask(texts, request, ending.signal);
        const dimensions = request.dimensions ?? profile.dimensions;
        const embedded = readReply[spoken.shape]({ model, rows, count: texts.length, dimensions });
        if (!billed) return { ...embedded, tokens: await sumTokens(tokenizer, texts) };
        const counts = await countEach(tokenizer, texts);
        const read = whole.judge(texts, counts, billed);
        if (read !== null) throw cutByServer(profile, counts[0] ?? 0, read, tokenizer.exactTokens);
        return { ...embedded, tokens: billed };
      } catch (error) {
        request.signal?.throwIfAborted();
        if (isReembedError(error)) throw error;
        const fault = error instanceof NoVectors ? error.fault : spoken.readFault(error);
        throw translateProviderError({ ...fault, timedOut: ending.timedOut }, { profile, secrets: access.secrets(), texts });
      }
    },
    close: access.close,
  };
}

async function countEach({ countTokens }: DocumentTokenizer, texts: readonly string[]): Promise<number[]> {
  const counts: number[] = [];
  for (const text of texts) counts.push(await countTokens(text));
  return counts;
}

/** A vector of half a text looks like any other: it is refused as the server should have done. */
function cutByServer(profile: ServedProfile, tokens: number, read: number, isExact: boolean): ReembedError {
  const has = `${isExact ? '' : 'about '}${tokens}`;
  return new ReembedError(
    'provider-refused-input',
    `${profile.model} at ${providerHost(profile)} cuts long texts without a word: of one of ${has} tokens it read ${read}. Set limits.maxInputTokens: ${read} in its entry of reembed.config.yaml, so that onLongText decides, or have the server read more`,
  );
}
