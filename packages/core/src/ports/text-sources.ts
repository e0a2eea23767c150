import type { PinnedTextFile, PointId } from '@reembed/contracts';

/** Where the texts of a migration are: a service, or a file, which is to be the one that the plan saw. */
export type TextOrigin = { readonly url: string } | { readonly file: string; readonly sha256: string };

/**
 * The last `mostLogged` different queries of a log, as texts or as vectors in JSON, with how often each was asked; and the points that it
 * says were retrieved, the most retrieved ones where they are very many.
 */
export type QueryLog = {
  readonly texts: ReadonlyMap<string, number>;
  readonly vectors: ReadonlyMap<string, number>;
  readonly points: readonly { readonly id: PointId; readonly retrieved: number }[];
};

/** Queries of a log that are looked at: each costs a search, and a text an embedding by the old model. */
export const mostLogged = 2_000;

/**
 * Texts that are not in the payloads. One request a call, never repeated: whoever calls owns retries.
 *
 * `read` throws ReembedError: `text-source-unreachable`, `text-source-rate-limited` (with retryAfterMs where given),
 * `text-source-unauthorized`, `text-source-refused`, `text-source-bad-reply`, `address-not-allowed`; `invalid-text-file`. An abort throws the signal's reason.
 */
export type TextSources = {
  /** Which file stands under the name, in the directory of REEMBED_FILES. Throws `invalid-text-file`. */
  pin(file: string): Promise<PinnedTextFile>;
  /** What people searched for and were given, as a JSONL file under that name tells. Throws `invalid-text-file`. */
  queryLog(file: string): Promise<QueryLog>;
  /** Fields by point, as JSON objects; by the id as pointIdToJson writes it. A point without any is absent. */
  read(origin: TextOrigin, ids: readonly PointId[], signal?: AbortSignal): Promise<ReadonlyMap<string, string>>;
};
