import type { FidelityCheck } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { GateDraw } from '../ports/fleet.ts';
import { shareFound, wantedShare } from '../quality/ranking-metrics.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { probedPoints } from './draw-points.ts';

const depth = 10;
const wantedRecall = 0.95;

type RecallDeps = Pick<CoordinatorDeps, 'collections' | 'points' | 'searches'>;

/** Share of the ten nearest that the index finds, for every dense vector of the target, with its own stored vectors as queries. */
export async function checkRecall(deps: RecallDeps, migration: Migration, draw: GateDraw, signal: AbortSignal): Promise<FidelityCheck> {
  const name = 'ann-recall';
  const { spec, resolved } = migration;
  const [source, target] = await Promise.all([
    deps.collections.describe(resolved.source),
    deps.collections.describe(spec.target.collection),
  ]);
  const { indexedVectors, points } = await deps.collections.indexing(spec.target.collection);
  if (indexedVectors === 0)
    return {
      name,
      verdict: 'not-measured',
      message: `no vector of ${points} points is indexed yet: every search looks at all of them`,
      ids: [],
    };
  const probe = (info: CollectionInfo | null, vector: string) => recallOf(deps, info, vector, draw, signal);
  const rows: Row[] = [];
  for (const vector of denseNames(target)) {
    const found = await probe(target, vector).catch(refusal);
    const own = found === null ? null : await probe(source, counterpart(migration, vector)).catch(refusal);
    if (found !== null) rows.push({ vector, found, own: typeof own === 'number' ? own : null });
  }
  if (rows.length === 0) return { name, verdict: 'not-measured', message: 'the target has no dense vector to search for', ids: [] };
  const wrong = rows.filter(({ found, own }) => typeof found === 'number' && found < wanted(own));
  const refused = rows.some(({ found }) => typeof found !== 'number');
  const message = rows.map(inWords).join('; ');
  return { name, verdict: wrong.length > 0 ? 'fail' : refused ? 'inconclusive' : 'pass', message, ids: [] };
}

/** `found` is the server's words where it refuses to search exactly; `own`: of the source's index, null where it cannot be measured. */
type Row = { readonly vector: string; readonly found: number | { readonly refused: string }; readonly own: number | null };

function wanted(own: number | null): number {
  return wantedShare(wantedRecall, own);
}

function inWords({ vector, found, own }: Row): string {
  if (typeof found !== 'number') return `"${vector}": the index could not be compared with an exact search: ${found.refused}`;
  const sources = own === null ? '' : `, the source's own index ${own.toFixed(3)}`;
  return `"${vector}": the index finds ${found.toFixed(3)} of the ten nearest, at least ${wanted(own).toFixed(3)} wanted${sources}`;
}

function refusal(error: unknown): { readonly refused: string } {
  if (isReembedError(error, 'qdrant-refused')) return { refused: error.message };
  throw error;
}

function denseNames(info: CollectionInfo | null): string[] {
  const dense = Object.entries(info?.vectors ?? {}).filter(([, params]) => (params.multivector_config ?? null) === null);
  return dense.map(([name]) => name);
}

/** The source vector that a target vector is made from, or that applications search now. */
function counterpart({ spec }: Migration, vector: string): string {
  return targetVectors(spec).find(({ name }) => name === vector)?.reads[0] ?? spec.search.old.using;
}

/** Null where the collection has no such dense vector, or none of the drawn points has it. */
async function recallOf(deps: RecallDeps, info: CollectionInfo | null, vector: string, draw: GateDraw, signal: AbortSignal) {
  if (info === null || !denseNames(info).includes(vector)) return null;
  const ids = draw.points.slice(0, probedPoints);
  const found = await deps.points.retrieve(info.name, { ids, payload: false, vectors: [vector], signal });
  const queries = found.flatMap(({ vectors }) => vectors[vector] ?? []);
  const recalls: number[] = [];
  for (const query of queries) {
    const [exact, indexed] = await bothWays(deps, info.name, vector, query, signal);
    recalls.push(shareFound(depth, exact, indexed));
  }
  return recalls.length === 0 ? null : recalls.reduce((a, b) => a + b, 0) / recalls.length;
}

async function bothWays({ searches }: RecallDeps, collection: string, using: string, query: string, signal: AbortSignal) {
  const profile = { using, prefetch: [], fusion: null, limit: depth, filter: null };
  const ask = (exact: boolean) => searches.search(collection, { profile, queries: { [using]: query }, exact, fields: [], signal });
  return [(await ask(true)).hits, (await ask(false)).hits] as const;
}
