import type { PointId } from '@reembed/contracts';

/** Where the texts of a migration are. */
export type TextOrigin = { readonly url: string };

/**
 * Texts that are not in the payloads. One request a call, never repeated: whoever calls owns retries.
 *
 * `read` throws ReembedError: `text-source-unreachable`, `text-source-rate-limited` (with retryAfterMs where given),
 * `text-source-unauthorized`, `text-source-refused`, `text-source-bad-reply`. An abort throws the signal's reason.
 */
export type TextSources = {
  /** Fields by point, as JSON objects; by the id as pointIdToJson writes it. A point without any is absent. */
  read(origin: TextOrigin, ids: readonly PointId[], signal?: AbortSignal): Promise<ReadonlyMap<string, string>>;
};
