import { failure } from '../api-error.ts';
import type { Check } from '../filter/point-view.ts';
import type { PointId } from '../ids/point-id.ts';
import { distributionBasedFusion, type Hit, reciprocalRankFusion } from '../scoring/fusion.ts';
import { nearest } from '../scoring/nearest.ts';
import { checkVector } from '../storage/check-vectors.ts';
import type { Collection } from '../storage/collection.ts';
import { orderedPoints } from '../storage/order-by.ts';
import { embedDocument } from '../vectors/embed-documents.ts';
import type { VectorInput } from '../vectors/vector-value.ts';
import type { Query } from './parse-query.ts';

/** A result of a query. `plain`: its score means nothing, it was not searched for; `orderValue` where it came in the order of a key. */
export type QueryHit = Hit & { plain?: boolean; orderValue?: string };

/** The filter of a query also holds for its prefetches, down to the last. */
type Scope = { check: Check | undefined; only: ReadonlySet<PointId> | undefined };

/** The best `limit` points of a query. Throws 400 and 404 with the server's texts. */
export function runQuery(collection: Collection, query: Query, limit: number, outer?: Check): QueryHit[] {
  const check = both(outer, query.filter(collection));
  const lists = query.prefetches.map((prefetch) => runQuery(collection, prefetch, prefetch.limit, check));
  if (lists.length > 0 && query.query.kind === 'none')
    throw failure.badRequest("A query is needed to merge the prefetches. Can't have prefetches without defining a query.");
  const only = lists.length === 0 ? undefined : new Set(lists.flat().map((hit) => hit.id));
  return judged(collection, query, { check, only }, lists, limit);
}

function judged(collection: Collection, query: Query, scope: Scope, lists: Hit[][], limit: number): QueryHit[] {
  const kind = query.query;
  switch (kind.kind) {
    case 'vector':
    case 'id':
      return nearestHits(collection, query, scope, limit);
    case 'rrf':
    case 'dbsf':
      return fused(query, lists).slice(0, limit);
    case 'order-by':
      return orderedPoints(collection, { orderBy: kind.orderBy, limit, check: scoped(scope) }).map((point) => ({
        ...point,
        score: 1,
        plain: true,
      }));
    case 'sample':
      return sample(everyPoint(collection, scope), limit);
    default:
      return everyPoint(collection, scope).slice(0, limit);
  }
}

function both(a: Check | undefined, b: Check | undefined): Check | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (point) => a(point) && b(point);
}

function scoped({ check, only }: Scope): Check | undefined {
  return only === undefined ? check : both((point) => point.id !== undefined && only.has(point.id), check);
}

function nearestHits(collection: Collection, query: Query, scope: Scope, limit: number): QueryHit[] {
  const { vector, except } = queryVector(collection, query);
  checkVector(collection.column(query.using), vector);
  const check = scoped(scope);
  const accepts = (slot: number) => slot !== except && (check === undefined || check(collection.view(collection.idAt(slot), slot)));
  return nearest(collection, query.using, vector, { limit, threshold: query.threshold, accepts }).map(({ slot, score }) => ({
    id: collection.idAt(slot),
    slot,
    score,
  }));
}

/** The vector to search with: given, made of a document, or that of a point, which is then no result itself. */
function queryVector(collection: Collection, { query, using }: Query): { vector: VectorInput; except: number | undefined } {
  if (query.kind === 'vector')
    return {
      vector:
        query.vector.kind === 'document' ? embedDocument(query.vector, { role: 'query', features: collection.features }) : query.vector,
      except: undefined,
    };
  const slot = query.kind === 'id' ? collection.slotOf(query.id) : undefined;
  if (query.kind !== 'id' || slot === undefined) throw failure.notFound(`No point with id ${query.kind === 'id' ? query.id : ''} found`);
  const column = collection.column(using);
  if (!column.has(slot)) throw failure.notFound(`Vector with name \`${using}\` not found for point ${query.id}`);
  if (column.kind === 'sparse') return { vector: { kind: 'sparse', ...column.get(slot) }, except: slot };
  const values = column.get(slot).slice();
  return {
    vector: column.kind === 'dense' ? { kind: 'dense', values } : { kind: 'multi', values, rows: values.length / column.dimensions },
    except: slot,
  };
}

function fused({ query, prefetches, threshold }: Query, lists: Hit[][]): Hit[] {
  if (prefetches.length === 0) throw failure.wrongInput('Validation failed: cannot apply Fusion without prefetches');
  if (query.kind === 'rrf' && query.weights !== undefined && query.weights.length !== lists.length) {
    throw failure.wrongInput(`RRF weights length (${query.weights.length}) does not match number of prefetches (${lists.length})`);
  }
  const hits = query.kind === 'rrf' ? reciprocalRankFusion(lists, query) : distributionBasedFusion(lists);
  return threshold === undefined ? hits : hits.filter((hit) => hit.score >= threshold);
}

function everyPoint(collection: Collection, scope: Scope): QueryHit[] {
  const check = scoped(scope);
  const hits: QueryHit[] = [];
  collection.order.walk(undefined, (id, slot) => {
    if (check === undefined || check(collection.view(id, slot))) hits.push({ id, slot, score: 1, plain: true });
    return true;
  });
  return hits;
}

/** `limit` of the hits, each as likely as any other, in random order. */
function sample(hits: QueryHit[], limit: number): QueryHit[] {
  const count = Math.min(limit, hits.length);
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(Math.random() * (hits.length - i));
    const [a, b] = [hits[i], hits[other]];
    if (a === undefined || b === undefined) break;
    hits[i] = b;
    hits[other] = a;
  }
  return hits.slice(0, count);
}
