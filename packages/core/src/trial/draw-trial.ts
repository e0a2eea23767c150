import type { PointId } from '@reembed/contracts';
import { pointIdToJson } from '../domain/point.ts';
import { type PointIdSet, pointIdSet } from '../domain/point-id-set.ts';

/** What each query's old search found, best first. */
export type Neighbours = ReadonlyMap<string, readonly PointId[]>;

export type TrialDraw = {
  /** Each once. */
  readonly ids: readonly PointId[];
  readonly relevant: number;
  readonly neighbours: number;
  readonly random: PointIdSet;
  /** Those of `relevant`. */
  readonly items: PointIdSet;
  /** Whether a point is there for nothing but that the old model found it for some query. */
  isChosen(id: PointId): boolean;
};

type Drawn = {
  readonly most: number;
  readonly relevant: readonly PointId[];
  readonly neighbours: Neighbours;
  /** What an earlier run of the very same trial drew by chance: it stays, and nothing is drawn beside it where that fills the sample. */
  readonly settled?: readonly PointId[];
  /** More of them than are needed do no harm. */
  readonly random: readonly PointId[];
};

/** The least share of a sample that is drawn at random. */
const leastRandom = 0.5;

/**
 * The sample: every relevant document; then what the old model finds for the queries, place by place over all of them, because only what is hard
 * to tell from the relevant tells two models apart; and points at random, at least half.
 *
 * The hard ones are those of the old model. What only the new one would mistake is there by chance alone, so over the whole sample the new one
 * looks better than it is, whatever query they were drawn for: queries are alike. `isChosen` tells them: without them both models meet documents
 * that neither has chosen.
 */
export function drawTrial({ most, relevant, neighbours, settled = [], random }: Drawn): TrialDraw {
  const ids = new Map(relevant.map((id) => [pointIdToJson(id), id]));
  const always = new Set(ids.keys());
  const hardest = Math.floor(most * (1 - leastRandom));
  const deepest = Math.max(0, ...[...neighbours.values()].map((list) => list.length));
  for (let place = 0; place < deepest; place++)
    for (const list of neighbours.values()) {
      const id = list[place];
      if (id !== undefined && ids.size < hardest) ids.set(pointIdToJson(id), id);
    }
  const drawn = ids.size;
  const byChance = pointIdSet();
  const draw = (from: readonly PointId[]) => {
    for (const id of from) {
      const key = pointIdToJson(id);
      if (!ids.has(key) && ids.size >= most) return;
      ids.set(key, id);
      byChance.add(id);
    }
  };
  draw(settled);
  // Drawn again and again, every point of the sample would be one drawn by chance in the end.
  if (settled.length === 0 || ids.size < most) draw(random);
  return {
    ids: [...ids.values()],
    relevant: always.size,
    neighbours: drawn - always.size,
    random: byChance,
    items: pointIdSet(relevant),
    isChosen: (id) => !always.has(pointIdToJson(id)) && !byChance.has(id),
  };
}
