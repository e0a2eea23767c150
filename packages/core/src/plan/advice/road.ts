import type { AdviceOption, Decision, Plan, TimeRange } from '@reembed/contracts';
import { type Change, rows } from './decide.ts';
import { allOf, type Footprint, footprint, type VectorSize } from './footprint.ts';
import { copyTime, type EmbedWork, embedTime, type MapSize, together } from './time-range.ts';

/** Everything the roads are measured by. */
export type OptionFacts = {
  /** The source, by its own name. */
  readonly collection: string;
  readonly points: number;
  readonly serverVersion: string;
  readonly decisions: readonly Decision[];
  readonly changes: readonly Change[];
  /** What the spec asks for. */
  readonly chosen: ReadonlySet<AdviceOption['kind']>;
  readonly embeds: readonly (Plan['embeds'][number] & { readonly batchPriceUsd: number | null })[];
  readonly work: readonly EmbedWork[];
  /** Whether applications may go on asking as they do, once the alias has moved by the spec. */
  readonly queriesStay: boolean;
  /** Mean bytes of a payload, and where it is kept. */
  readonly payload: { readonly bytes: number; readonly onDisk: boolean };
  readonly oldVectors: readonly VectorSize[];
  readonly newVectors: readonly VectorSize[];
  /** Whether the spec asks for another quantization. */
  readonly requantizes: boolean;
  /** Per point: sparse vectors there are, those that the spec adds, and payload indexes. */
  readonly sparse: { readonly old: Footprint; readonly fresh: Footprint };
  /** Per point: what BM25 would take, asked for or not. */
  readonly words: Footprint;
  readonly indexes: Footprint;
  /** Names of models by which the old vectors can be queried too. */
  readonly sameSpace: boolean;
  /** What cuts that the spec asks for are expected to keep of the ten nearest in the whole collection; null: not measured. */
  readonly cutOverlaps: readonly (number | null)[];
  /** The maps that the spec names: whether each was seen to be worth it for so many points; empty: none is named. */
  readonly mapsPay: readonly boolean[];
  /** What one vector costs where it goes through them, or through such as would be fitted: of each the sizes. */
  readonly maps: readonly MapSize[];
  readonly workers: number;
  /** Sizes that the old model can be cut to; empty: none, or not known. */
  readonly cutSizes: readonly number[];
};

export type Kind = AdviceOption['kind'];
/** An option before it is compared with the others. */
export type Road = Omit<AdviceOption, 'recommended' | 'chosen'>;

/** Nothing is embedded, nothing is paid. */
export const nothing = { tokens: 0, priceUsd: { sync: 0, batch: 0 } };
export const atOnce: TimeRange = { lowSeconds: 0, highSeconds: 60, boundBy: 'a change of configuration' };

export function road(
  kind: Kind,
  title: string,
  rest: Partial<Road> & Pick<Road, 'why' | 'points' | 'tokens' | 'priceUsd' | 'time' | 'diskBytes' | 'memoryBytes'>,
): Road {
  return { kind, title, possible: true, risks: [], ...rest };
}

/** Every text through the model, at the sum of all its vectors. */
export function embedding(facts: OptionFacts, state: 'both' | 'side' | 'in-place') {
  const { embeds, work, points, newVectors, oldVectors } = facts;
  const written = state === 'side' ? [...oldVectors, ...newVectors] : newVectors;
  return {
    points,
    tokens: embeds.reduce((sum, { totalTokens }) => sum + totalTokens, 0),
    priceUsd: { sync: added(embeds.map(({ priceUsd }) => priceUsd)), batch: added(embeds.map(({ batchPriceUsd }) => batchPriceUsd)) },
    time: work.map(embedTime).reduce(together, copyTime(points, sumOf(written))),
    ...held(facts, state),
  };
}

/** What Qdrant holds at the fullest moment: the old state alone, twice, or beside the new one. */
export function held(facts: OptionFacts, state: 'old' | 'both' | 'side' | 'in-place'): Footprint {
  const { points, oldVectors, newVectors, payload, sparse, indexes } = facts;
  const old = footprint(points, oldVectors, payload, [sparse.old, indexes]);
  const together = footprint(points, [...oldVectors, ...newVectors], payload, [sparse.old, sparse.fresh, indexes]);
  if (state === 'old') return old;
  if (state === 'in-place') return together;
  const target = { both: footprint(points, newVectors, payload, [sparse.fresh, indexes]), side: together }[state];
  return allOf([old, target]);
}

/** Why nothing can be embedded; null where there are texts. */
export function needsTexts({ decisions }: OptionFacts): string | null {
  return decisions.some(({ row }) => row === rows.textless) ? 'there are no texts to embed: bring them by source.textFrom' : null;
}

export function sumOf(vectors: readonly VectorSize[]): number {
  return vectors.reduce((sum, { dimensions }) => sum + dimensions, 0);
}

function added(prices: readonly (number | null)[]): number | null {
  return prices.reduce<number | null>((sum, price) => (sum === null || price === null ? null : sum + price), 0);
}
