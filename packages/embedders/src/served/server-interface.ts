import type { Batches, EmbedRequest, QueryCode, VectorShape } from '@reembed/core';
import type { z } from 'zod';
import type { ModelProfile, ServedProfile } from '../records/model-profile.ts';
import type { RawVector } from '../replies/check-embeddings.ts';
import type { Access } from './access.ts';
import type { ProviderFault } from './provider-fault.ts';

/** How servers of one kind are spoken to: several providers may have the same. */
export type ServerInterface = {
  /** What it makes of a text: `rows` of an answer are read accordingly. */
  readonly shape: VectorShape;
  /** What an entry of reembed.config.yaml may say besides what it may of any server. */
  readonly entryFields: z.ZodRawShape;
  /** A client, its library loaded. */
  connect(profile: ServedProfile, apiKey: string | null, access: Access): Promise<Ask>;
  /** Its road for texts that may wait; absent: there is none. */
  batches?(profile: ServedProfile, apiKey: string | null, access: Access, asking: Asking): Batches;
  /** Whether there is one behind this address, which is not the vendor's own. */
  hasBatches?(profile: ServedProfile): boolean;
  /** What an error of the client says. */
  readFault(error: unknown): ProviderFault;
  /** The call that embeds a query, in words. */
  queryCall(profile: ServedProfile): string;
  queryCode(profile: ServedProfile, dimensions: number | null): QueryCode;
};

/** Runs one request, with a key that holds and within its time, and throws what it fails with as an error of ours. */
export type Asking = <T>(signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** One request and no more: whoever asks owns retries. */
export type Ask = (texts: readonly string[], request: EmbedRequest, signal: AbortSignal) => Promise<Answer>;

export type Answer = {
  /** One a text, in the order of the texts, as they came. */
  readonly rows: readonly RawVector[];
  /** Tokens as billed; absent or 0 where the server does not say. */
  readonly billed?: number | undefined;
};

/** What the request has to say of the size: nothing where it is the model's own, for many servers refuse the field. */
export function sizeAsked({ dimensions: own }: ModelProfile, wanted: number | null | undefined): number | null {
  return wanted === own ? null : (wanted ?? null);
}

/** The expression for the text that code for queries embeds, the same in Python and TypeScript. */
export function queryInput({ queryPrefix }: ModelProfile): string {
  return queryPrefix === '' ? 'query' : `${JSON.stringify(queryPrefix)} + query`;
}
