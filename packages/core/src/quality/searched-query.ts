import type { PointId } from '@reembed/contracts';

/** The gate looks at the first ten documents of a list. */
export const gateDepth = 10;

export type Sides<T> = { readonly old: T; readonly new: T };

/** The values of the fields of `gates.slices`, by field; a field that is not there is left out. */
export type SliceValues = Readonly<Record<string, string>>;

/** One hit. `document` is what judgements call it: the point's id, or the payload field that `gates.documentField` names. `text` is for people. */
export type SearchHit = {
  readonly id: PointId;
  readonly document: string;
  readonly score: number;
  readonly text: string;
  readonly slices?: SliceValues;
};

/** What one search found, best first: ten documents where there are so many, so more than ten hits where points share a document. */
export type SearchAnswer = { readonly hits: readonly SearchHit[]; readonly tookMs: number };

/** A query as both collections answered it, each through its own search profile, exactly and through the index. */
export type SearchedQuery = {
  readonly id: string;
  readonly text: string;
  /** What it is about, by the fields of `gates.slices`; left out: nothing is known. */
  readonly slices?: SliceValues;
  readonly exact: Sides<SearchAnswer>;
  readonly indexed: Sides<SearchAnswer>;
};

/** The documents of an answer, best first; one that several points share appears as often. */
export function documentsOf(answer: SearchAnswer): string[] {
  return answer.hits.map((hit) => hit.document);
}

/** The same for both sides. */
export function bothSides<T>(of: (side: keyof Sides<unknown>) => T): { old: T; new: T } {
  return { old: of('old'), new: of('new') };
}
