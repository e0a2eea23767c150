import { failure } from '../api/api-error.ts';
import type { Check } from '../filter/field-condition.ts';
import { type JsonValue, jsonText } from '../json/json-value.ts';
import { type JsonPath, valuesAt } from '../points/json-path.ts';
import type { Collection } from '../storage/collection.ts';
import { checkVector } from '../storage/columns.ts';
import { embedDocument } from '../text/bm25.ts';
import type { VectorInput } from '../vectors/vector-input.ts';
import { nearest } from './nearest.ts';
import { orderedPoints } from './order-by.ts';
import type { Query } from './parse-query.ts';
import { distributionBasedFusion, type Hit, reciprocalRankFusion } from './ranking.ts';

/** A result of a query. `plain`: its score means nothing, it was not searched for; `orderValue` where it came in the order of a key. */
export type QueryHit = Hit & { plain?: boolean; orderValue?: string };

/** The best `limit` points of a query, whose filter also holds for its prefetches, down to the last (`outer`). Throws 400 and 404 with the server's texts. */
export function runQuery(collection: Collection, query: Query, limit: number, outer?: Check): QueryHit[] {
  const check = both(outer, query.filter(collection));
  const lists = query.prefetches.map((prefetch) => runQuery(collection, prefetch, prefetch.limit, check));
  if (lists.length > 0 && query.query.kind === 'none')
    throw failure.badRequest("A query is needed to merge the prefetches. Can't have prefetches without defining a query.");
  return judged(collection, query, both(foundBy(lists), check), lists, limit);
}

function judged(collection: Collection, query: Query, check: Check | undefined, lists: Hit[][], limit: number): QueryHit[] {
  const kind = query.query;
  switch (kind.kind) {
    case 'vector':
    case 'id':
      return nearestHits(collection, query, check, limit);
    case 'rrf':
    case 'dbsf':
      return fused(query, lists).slice(0, limit);
    case 'order-by':
      return orderedPoints(collection, { orderBy: kind.orderBy, limit, check }).map((point) => ({
        ...point,
        score: 1,
        plain: true,
      }));
    case 'sample':
      return sample(everyPoint(collection, check), limit);
    default:
      return everyPoint(collection, check).slice(0, limit);
  }
}

function both(a: Check | undefined, b: Check | undefined): Check | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (point) => a(point) && b(point);
}

/** Holds for the points that prefetches have found; undefined where there are none. */
function foundBy(lists: Hit[][]): Check | undefined {
  if (lists.length === 0) return undefined;
  const found = new Set(lists.flat().map((hit) => hit.id));
  return (point) => point.id !== undefined && found.has(point.id);
}

function nearestHits(collection: Collection, query: Query, check: Check | undefined, limit: number): QueryHit[] {
  const { vector, except } = queryVector(collection, query);
  checkVector(collection.column(query.using), vector);
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
      vector: query.vector.kind === 'document' ? embedDocument(query.vector, 'query', collection.features) : query.vector,
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

function everyPoint(collection: Collection, check: Check | undefined): QueryHit[] {
  const hits: QueryHit[] = [];
  collection.walk({ check }, (id, slot) => hits.push({ id, slot, score: 1, plain: true }));
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

/** `id` is the JSON text of the value the hits share. */
export type HitGroup = { id: string; hits: QueryHit[] };

/** Groups hits, best first, by the strings and integers at a payload path (a point with several is in several groups). Points without one are left out. */
export function groupHits(
  collection: Collection,
  hits: QueryHit[],
  { path, limit, size }: { path: JsonPath; limit: number; size: number },
): HitGroup[] {
  const groups = new Map<string, QueryHit[]>();
  for (const hit of hits) {
    for (const id of new Set(valuesAt(collection.field(hit.slot, path.first), path).flatMap(groupIds))) {
      const group = groups.get(id) ?? [];
      if (!groups.has(id) && groups.size < limit) groups.set(id, group);
      if (group.length < size) group.push(hit);
    }
  }
  return [...groups].map(([id, grouped]) => ({ id, hits: grouped }));
}

function groupIds(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(groupIds);
  return typeof value === 'string' || typeof value === 'bigint' ? [jsonText(value)] : [];
}
