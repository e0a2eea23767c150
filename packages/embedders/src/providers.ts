import { cohere } from './providers/cohere.ts';
import { hash } from './providers/hash.ts';
import { local } from './providers/local.ts';
import { openai } from './providers/openai.ts';
import { teiSparse } from './providers/tei-sparse.ts';
import { transformers } from './providers/transformers.ts';
import { vllmRows } from './providers/vllm-rows.ts';
import type { Provider } from './records/provider.ts';

/** Every provider there is, in the order in which their models are listed. */
export const providers: readonly Provider[] = [openai, cohere, teiSparse, vllmRows, local, transformers, hash];

export function findProvider(kind: string): Provider | undefined {
  return providers.find((provider) => provider.kind === kind);
}

/** The environment variables that providers read: those with keys, which only workers hold, and those with addresses. */
export const providerVariables = {
  keys: providers.flatMap(({ keyVariable }) => keyVariable ?? []),
  addresses: providers.flatMap(({ baseUrlVariable }) => baseUrlVariable ?? []),
} as const;
