import type { PointId } from '@reembed/contracts';

/** A point as text: nothing in it has been through a number. */
export type PointText = {
  readonly id: PointId;
  /** The payload's JSON object; `{}` where there is none. */
  readonly payload: string;
  /** JSON text by vector name; `""` is the unnamed vector. Only the vectors asked for and present. */
  readonly vectors: Readonly<Record<string, string>>;
  /** What `source.textFrom` has for it, as a JSON object; null: nothing; undefined: it was not asked, or the spec names none. */
  readonly elsewhere?: string | null | undefined;
};

/** Vectors of one point, as text. */
export type PointVectors = Pick<PointText, 'id' | 'vectors'>;

/** A filter in Qdrant's words, as JSON.stringify is to write it: integers past 2^53 are raw JSON (parseExactJson). */
export type Filter = Readonly<Record<string, unknown>>;
