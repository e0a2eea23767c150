import { type BatchOrder, isReembedError } from '@reembed/core';
import type { ServedProfile } from '../records/model-profile.ts';

/** What a single request for a document would send: the model, its one input, and what else is said of it. */
export type RequestBody = { readonly model: string; readonly input: readonly string[] } & Readonly<Record<string, unknown>>;

type BodyOf = (text: string, dimensions: number | undefined) => RequestBody;

/** In what the batch roads differ that stand behind /v1/files and /v1/batches. */
export type BatchWords = {
  /** Batches of one owner that may be under way at once; past that none is sent. */
  readonly mostAtOnce: number;
  /** What the form of a file says besides its purpose. */
  readonly fileFields: Readonly<Record<string, string>>;
  /** A line of the file, without its name. */
  lineOf(body: RequestBody): object;
  /** What is asked for besides file, endpoint and metadata. */
  orderOf(order: Pick<BatchOrder, 'dimensions'>, bodyOf: BodyOf): object;
  /** Whether a request for a batch failed for want of room. */
  isFull(error: unknown): boolean;
  /** Whether a list that has come to an old batch has only older ones. */
  readonly newestFirst: boolean;
};

/** What nobody deletes goes by itself, in seconds: who pauses for longer pays again. */
const keptSeconds = 14 * 86_400;

/** As OpenAI has it (developers.openai.com/api/docs/guides/batch): each line is a whole request, and want of room is told by a batch that has failed. */
export const openAiWords: BatchWords = {
  mostAtOnce: Number.POSITIVE_INFINITY,
  fileFields: { 'expires_after[anchor]': 'created_at', 'expires_after[seconds]': String(keptSeconds) },
  lineOf: (body) => ({ method: 'POST', url: '/v1/embeddings', body }),
  orderOf: () => ({ completion_window: '24h', output_expires_after: { anchor: 'created_at', seconds: keptSeconds } }),
  isFull: () => false,
  newestFirst: true,
};

/**
 * As Voyage has it (docs.voyageai.com/docs/batch-inference, a public preview): a line holds the text alone, what else is said of it stands once in the batch;
 * files go by themselves after 30 days; no order of its list is promised. A text that is too long is refused, which it would cut in silence.
 */
export const voyageWords: BatchWords = {
  mostAtOnce: 100,
  fileFields: {},
  lineOf: ({ input }) => ({ body: { input } }),
  orderOf({ dimensions }, bodyOf) {
    const { input: _input, encoding_format: _format, ...said } = bodyOf('', dimensions);
    return { completion_window: '12h', request_params: { truncation: false, ...said } };
  },
  isFull: (error) => isReembedError(error, 'provider-rate-limited'),
  newestFirst: false,
};

/** Those of another vendor that is known to have a road of the kind, by its address; undefined: there is none. */
export function vendorWords({ baseUrl }: Pick<ServedProfile, 'baseUrl'>): BatchWords | undefined {
  return baseUrl !== null && URL.canParse(baseUrl) && new URL(baseUrl).hostname === 'api.voyageai.com' ? voyageWords : undefined;
}
