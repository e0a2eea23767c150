import type { PointId } from '../points/point-id.ts';

/** A point with its score; `slot` is its place in storage. */
export type Scored = { slot: number; score: number };

/** Keeps the best `limit` of the points offered to it, in a heap whose root is the worst kept. Among equal scores the first offered stays. */
export class TopPoints {
  private readonly limit: number;
  private readonly slots: number[] = [];
  private readonly scores: number[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The score that a further point has to beat; minus infinity while there is room. */
  get floor(): number {
    return this.scores.length < this.limit ? Number.NEGATIVE_INFINITY : (this.scores[0] ?? Number.POSITIVE_INFINITY);
  }

  offer(slot: number, score: number): void {
    if (this.limit === 0) return;
    if (this.scores.length < this.limit) {
      this.scores.push(score);
      this.slots.push(slot);
      this.rise(this.scores.length - 1);
    } else if (score > (this.scores[0] ?? score)) {
      this.scores[0] = score;
      this.slots[0] = slot;
      this.sink(0);
    }
  }

  /** Best first. */
  sorted(): Scored[] {
    return this.scores.map((score, i) => ({ score, slot: this.slots[i] ?? 0 })).sort((a, b) => b.score - a.score || a.slot - b.slot);
  }

  private rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >>> 1;
      if ((this.scores[parent] ?? 0) <= (this.scores[at] ?? 0)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private sink(from: number): void {
    for (let at = from; ; ) {
      const left = at * 2 + 1;
      const right = left + 1;
      let least = at;
      if (left < this.scores.length && (this.scores[left] ?? 0) < (this.scores[least] ?? 0)) least = left;
      if (right < this.scores.length && (this.scores[right] ?? 0) < (this.scores[least] ?? 0)) least = right;
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private swap(a: number, b: number): void {
    const [score, slot] = [this.scores[a] ?? 0, this.slots[a] ?? 0];
    this.scores[a] = this.scores[b] ?? 0;
    this.slots[a] = this.slots[b] ?? 0;
    this.scores[b] = score;
    this.slots[b] = slot;
  }
}

/** A point in a list of results: id, place in storage and score. */
export type Hit = { id: PointId; slot: number; score: number };

const fround = Math.fround;

/** Reciprocal rank fusion: 1 / (rank / weight + k - 1) with ranks from 1, summed over the lists. https://plg.uwaterloo.ca/~gvcormac/cormacksigir09-rrf.pdf */
export function reciprocalRankFusion(lists: Hit[][], { k, weights }: { k: number; weights: number[] | undefined }): Hit[] {
  return summed(
    lists.map((list, i) => {
      const weight = weights?.[i] ?? 1;
      return list.map((hit, rank) => ({ ...hit, score: weight <= 0 ? 0 : fround(1 / fround(fround((rank + 1) / weight) + k - 1)) }));
    }),
  );
}

/** Distribution-based score fusion: every list's scores are spread over mean ± 3 standard deviations, then summed. */
export function distributionBasedFusion(lists: Hit[][]): Hit[] {
  return summed(lists.map(normalised));
}

function normalised(list: Hit[]): Hit[] {
  const mean = list.reduce((sum, { score }) => sum + score, 0) / list.length;
  const variance = list.length < 2 ? 0 : list.reduce((sum, { score }) => sum + (score - mean) ** 2, 0) / (list.length - 1);
  const spread = 3 * Math.sqrt(variance);
  return list.map((hit) => ({ ...hit, score: spread === 0 ? 0.5 : fround((hit.score - mean + spread) / (2 * spread)) }));
}

/** One hit per point with the sum of its scores, best first. */
function summed(lists: Hit[][]): Hit[] {
  const hits = new Map<PointId, Hit>();
  for (const hit of lists.flat()) {
    const known = hits.get(hit.id);
    if (known === undefined) hits.set(hit.id, { ...hit });
    else known.score = fround(known.score + hit.score);
  }
  return [...hits.values()].sort((a, b) => b.score - a.score);
}
