import type { PointId, QuantizationSearch, SearchProfile } from '@reembed/contracts';

/** What is searched for, as Qdrant takes it, as JSON text: `[0.1,0.2]`, `{"indices":[7],"values":[1.5]}`, or a text that the server embeds. */
export type QueryText = string;

export type SearchRequest = {
  readonly profile: SearchProfile;
  /** By the name of the vector that is asked: one for every name that the profile mentions. */
  readonly queries: Readonly<Record<string, QueryText>>;
  /** Instead of the profile's. */
  readonly limit?: number;
  /** Every vector compared, instead of through the index. */
  readonly exact: boolean;
  /** How many candidates the index looks at; left out: as the server does by itself. Means nothing where `exact`. */
  readonly ef?: number | undefined;
  /** How quantized vectors are used; left out or null: as the server does by itself. Means nothing where `exact`. */
  readonly quantization?: QuantizationSearch | null;
  /** Dotted payload fields that the hits bring. */
  readonly fields: readonly string[];
  readonly signal?: AbortSignal | undefined;
};

export type Hit = {
  readonly id: PointId;
  /** As Qdrant says it: a distance where the vector's distance is one. */
  readonly score: number;
  /** JSON text of the fields asked for, `{}` where there are none. */
  readonly payload: string;
};

/** Searches one collection as an application does. Errors as in Collections; an aborted call throws the signal's reason. */
export type Searches = {
  /** Best first; how long the answer took, in ms. */
  search(collection: string, request: SearchRequest): Promise<{ readonly hits: readonly Hit[]; readonly tookMs: number }>;
};

/** The vectors a profile asks, each once. */
export function searchedVectors({ using, prefetch, fusion }: SearchProfile): string[] {
  const ranked = fusion === null ? [using] : [];
  return [...new Set([...prefetch.map((candidates) => candidates.using), ...ranked])];
}
