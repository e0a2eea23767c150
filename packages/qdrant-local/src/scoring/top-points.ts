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
