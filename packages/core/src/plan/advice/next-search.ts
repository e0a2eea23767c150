import type { SearchProfile, Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../../domain/collection-info.ts';
import { recipesOf } from '../../domain/recipes-of.ts';
import { searchedVectors } from '../../ports/searches.ts';

/**
 * How applications will ask the target where nobody says: the dense vector that is made, else the one that is asked today; and beside it the
 * words, where some are made or were asked before, because words alone find less than both.
 */
export function nextSearch(spec: Spec, source: CollectionInfo | null): SearchProfile {
  const { old } = spec.search;
  const all = recipesOf(spec).map(({ name, recipe, reads: [from = ''], sparse }) => {
    const kept = recipe === 'keep';
    return { name, kept, from, sparse: kept ? source?.sparseVectors[from] !== undefined : sparse };
  });
  const asked = all.filter(({ kept, from }) => kept && searchedVectors(old).includes(from));
  const first = (sparse: boolean) => (vectors: typeof all) => vectors.find((vector) => vector.sparse === sparse)?.name;
  const made = all.filter(({ kept }) => !kept);
  const dense = first(false)(made) ?? first(false)(asked) ?? first(false)(all);
  const words = first(true)(made) ?? first(true)(asked);
  const { limit } = old;
  if (dense === undefined || words === undefined) return { using: dense ?? words ?? '', prefetch: [], fusion: null, limit, filter: null };
  const lists = [dense, words].map((using) => ({ using, limit: Math.max(limit, candidates), filter: null }));
  return { using: dense, prefetch: lists, fusion: 'rrf', limit, filter: null };
}

/** Of each list that is fused, as in a profile that does not say. */
const candidates = 50;
