import { compareIds, type PointId } from './point-id.ts';

const CHUNK = 512;
type Chunk = { ids: PointId[]; slots: number[] };

/**
 * The ids of a collection in scroll order, each with its slot in storage: a list of sorted chunks, so that an insert, a removal or the start of a page costs
 * two binary searches and one short move, wherever it falls. Ascending inserts fill chunks to the brim.
 */
export class OrderedIds {
  private chunks: Chunk[] = [];
  size = 0;

  /** Adds an id that is not present yet. */
  insert(id: PointId, slot: number): void {
    this.size++;
    const at = this.chunkFor(id);
    const chunk = this.chunks[at];
    if (chunk === undefined) {
      this.chunks.push({ ids: [id], slots: [slot] });
      return;
    }
    const place = lowerBound(chunk.ids, id);
    if (place === chunk.ids.length && chunk.ids.length >= CHUNK && at === this.chunks.length - 1) {
      this.chunks.push({ ids: [id], slots: [slot] });
      return;
    }
    chunk.ids.splice(place, 0, id);
    chunk.slots.splice(place, 0, slot);
    if (chunk.ids.length > CHUNK) this.split(at, chunk);
  }

  remove(id: PointId): void {
    const at = this.chunkFor(id);
    const chunk = this.chunks[at];
    if (chunk === undefined) return;
    const place = lowerBound(chunk.ids, id);
    if (chunk.ids[place] !== id) return;
    this.size--;
    chunk.ids.splice(place, 1);
    chunk.slots.splice(place, 1);
    if (chunk.ids.length === 0) this.chunks.splice(at, 1);
  }

  /** Calls `visit` for every id from `from` on (from the first where undefined), in order, until it returns false. */
  walk(from: PointId | undefined, visit: (id: PointId, slot: number) => boolean): void {
    const first = from === undefined ? 0 : this.chunkFor(from);
    for (let at = first; at < this.chunks.length; at++) {
      const chunk = this.chunks[at];
      if (chunk === undefined) return;
      const start = from !== undefined && at === first ? lowerBound(chunk.ids, from) : 0;
      for (let i = start; i < chunk.ids.length; i++) {
        const id = chunk.ids[i];
        const slot = chunk.slots[i];
        if (id === undefined || slot === undefined || !visit(id, slot)) return;
      }
    }
  }

  private split(at: number, chunk: Chunk): void {
    const half = chunk.ids.length >>> 1;
    this.chunks.splice(at + 1, 0, { ids: chunk.ids.splice(half), slots: chunk.slots.splice(half) });
  }

  /** The last chunk that starts at or before `id`, or the first one. */
  private chunkFor(id: PointId): number {
    let low = 0;
    let high = this.chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = this.chunks[middle]?.ids[0];
      if (first !== undefined && compareIds(first, id) <= 0) low = middle + 1;
      else high = middle;
    }
    return Math.max(low - 1, 0);
  }
}

/** The first place whose id is not before `id`. */
function lowerBound(ids: PointId[], id: PointId): number {
  let low = 0;
  let high = ids.length;
  const last = ids[high - 1];
  if (last !== undefined && compareIds(last, id) < 0) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = ids[middle];
    if (at !== undefined && compareIds(at, id) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
