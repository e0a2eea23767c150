import type { PointId } from '@reembed/contracts';
import { pointIdToJson } from '../domain/point.ts';

type Ranked = { readonly id: PointId };

/**
 * The bridge: candidates as the old vector ranks them, in which those that have the new vector stand among themselves as that ranks them, and
 * the others keep their place. With nobody filled it is the old list, with everybody that of the new vector over the same candidates; no
 * candidate goes and none comes, so pages fit together.
 *
 * `fresh`: candidates that have the new vector, as it ranks them, best first. What is in `fresh` alone was written between two searches, and
 * is left out. No server ranks so by itself: a query over a prefetch leaves out who lacks the vector, and fusion moves who has no new rank.
 */
export function bridged<Hit extends Ranked>(old: readonly Hit[], fresh: readonly Hit[]): Hit[] {
  const candidates = new Set(old.map(keyOf));
  const ranked = fresh.filter((hit) => candidates.has(keyOf(hit)));
  const filled = new Set(ranked.map(keyOf));
  const next = ranked.values();
  return old.map((hit) => (filled.has(keyOf(hit)) ? (next.next().value ?? hit) : hit));
}

function keyOf({ id }: Ranked): string {
  return pointIdToJson(id);
}
