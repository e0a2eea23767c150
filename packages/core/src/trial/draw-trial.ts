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
  /** Whether a point is there for nothing but that the old model found it for this query, or for one about the same documents. */
  drawnFor(query: string, id: PointId): boolean;
};

type Drawn = {
  readonly most: number;
  readonly relevant: readonly PointId[];
  readonly neighbours: Neighbours;
  /** What an earlier run of the very same trial drew by chance: it stays, and nothing is drawn beside it where that fills the sample. */
  readonly settled?: readonly PointId[];
  /** More of them than are needed do no harm. */
  readonly random: readonly PointId[];
  /** Queries about the same documents have one name here. */
  readonly clusterOf: (query: string) => number;
};

/** The least share of a sample that is drawn at random. */
const leastRandom = 0.25;

/**
 * The sample: every relevant document; then what the old model finds for the queries, place by place over all of them, because only what is hard
 * to tell from the relevant tells two models apart; and points at random, at least a quarter.
 *
 * The hard ones are those of the old model. What only the new one would mistake is there by chance alone, so over the whole sample the new one
 * looks better than it is. `drawnFor` tells them: without the points that were drawn because of the query, both models meet documents that
 * neither has chosen.
 */
export function drawTrial({ most, relevant, neighbours, settled = [], random, clusterOf }: Drawn): TrialDraw {
  const ids = new Map(relevant.map((id) => [pointIdToJson(id), id]));
  const always = new Set(ids.keys());
  const hardest = Math.floor(most * (1 - leastRandom));
  const reasons = new Map<string, Set<number>>();
  const deepest = Math.max(0, ...[...neighbours.values()].map((list) => list.length));
  for (let place = 0; place < deepest; place++) {
    for (const [query, list] of neighbours) {
      const id = list[place];
      if (id === undefined) continue;
      const key = pointIdToJson(id);
      if (!ids.has(key) && ids.size >= hardest) continue;
      ids.set(key, id);
      reasons.set(key, (reasons.get(key) ?? new Set()).add(clusterOf(query)));
    }
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
    drawnFor(query, id) {
      const key = pointIdToJson(id);
      const clusters = reasons.get(key);
      return !always.has(key) && !byChance.has(id) && clusters?.size === 1 && clusters.has(clusterOf(query));
    },
  };
}
