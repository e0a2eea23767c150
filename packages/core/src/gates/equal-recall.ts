import type { EqualRecall, SearchAtEf } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { atEqualRecall, isEqualRecall, searchAtEf } from '../quality/equal-recall.ts';
import { bothSides, type SearchAnswer, type SearchedQuery, type Sides } from '../quality/searched-query.ts';
import { isPlain, type PreparedQuery, type SearchSides, searchWithoutSelf } from './search-sides.ts';

/** So many queries are asked again, with each of these. */
const queriesAsked = 50;
const efs = [16, 32, 64, 128, 256, 512];

type Side = keyof Sides<unknown>;

/**
 * How long searches of both sides take where they find the same share of the exact search. As they are asked already, if that is equal; else with
 * several `hnsw_ef` on both sides. Null where candidates are fused, which no `hnsw_ef` of one vector governs, without queries, and where a side has
 * nothing indexed: a search that looks at everything says nothing of an index.
 */
export async function latencyAtEqualRecall(
  { collections }: Pick<CoordinatorDeps, 'collections'>,
  context: SearchSides,
  prepared: readonly PreparedQuery[],
  searched: readonly SearchedQuery[],
): Promise<EqualRecall | null> {
  const queries = prepared.slice(0, queriesAsked);
  if (queries.length === 0 || !isPlain(context.sides)) return null;
  const indexing = [context.sides.old, context.sides.new].map(({ collection }) => collections.indexing(collection));
  if ((await Promise.all(indexing)).some(({ indexedVectors }) => indexedVectors === 0)) return null;
  const answers = searched.slice(0, queriesAsked);
  const exact = bothSides((side) => answers.map((query) => query.exact[side]));
  const own = bothSides((side) =>
    searchAtEf(
      null,
      exact[side],
      answers.map((query) => query.indexed[side]),
    ),
  );
  const measured = { old: [own.old], new: [own.new] };
  if (isEqualRecall(own.old.recall, own.new.recall)) return atEqualRecall(measured, queries.length);
  for (const ef of efs) {
    const found = await searchBoth(context, queries, ef);
    for (const side of ['old', 'new'] as const) {
      const answered = found[side];
      if (answered !== null) measured[side].push(searchAtEf(ef, exact[side], answered) satisfies SearchAtEf);
    }
  }
  return atEqualRecall(measured, queries.length);
}

/** One query after the other on both sides, so that they meet the server in the same state. Null where it refuses this `ef`, as strict mode may. */
async function searchBoth(context: SearchSides, queries: readonly PreparedQuery[], ef: number): Promise<Sides<SearchAnswer[] | null>> {
  const found: { [side in Side]: SearchAnswer[] | null } = { old: [], new: [] };
  for (const query of queries) {
    for (const side of ['old', 'new'] as const) {
      if (found[side] === null) continue;
      const answer = await searchWithoutSelf(context, side, query, { ef }).catch(refused);
      if (answer === null) found[side] = null;
      else found[side].push(answer);
    }
  }
  return found;
}

function refused(error: unknown): null {
  if (isReembedError(error, 'qdrant-refused')) return null;
  throw error;
}
