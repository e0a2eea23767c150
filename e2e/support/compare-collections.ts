import { createModelCatalogue } from '@reembed/embedders';
import { stubVector } from '@reembed/testkit';
import type { QdrantHttp, StoredPoint } from './qdrant-http.ts';

/** What a vector of the target has to be: the source's of that name, or what a function makes of the payload or of the whole point (null: none). */
export type Expected =
  | { readonly keep: string }
  | { readonly make: (payload: Record<string, unknown>) => Promise<ArrayLike<number> | null> }
  | { readonly derive: (point: StoredPoint) => ArrayLike<number> | null };

export type Comparison = {
  readonly http: QdrantHttp;
  readonly source: string;
  readonly target: string;
  /** Every vector of the target by name. */
  readonly vectors: Readonly<Record<string, Expected>>;
  /** Over gRPC payloads keep their members and not the order of them; default: kept. */
  readonly keyOrder?: 'kept' | 'lost';
};

/**
 * Everything in which the target is not what it has to be: points missing or too many, payloads that are not the same text, vectors that
 * are not the expected numbers. Reads both collections whole and shares no code with reembed's own comparison.
 */
export async function differences({ http, source, target, vectors, keyOrder = 'kept' }: Comparison): Promise<string[]> {
  const [before, after] = await Promise.all([http.scroll(source), http.scroll(target)]);
  const as = keyOrder === 'kept' ? (point: StoredPoint) => point : sorted;
  const left = new Map(after.map((point) => [point.id, point]));
  const found = after.length === left.size ? [] : ['the target gives an id twice'];
  for (const point of before) {
    const copy = left.get(point.id);
    left.delete(point.id);
    if (copy === undefined) found.push(`${point.id} is missing`);
    else found.push(...(await pointDifferences(as(point), as(copy), vectors)));
  }
  return [...found, ...[...left.keys()].map((id) => `${id} is not in the source`)];
}

function sorted(point: StoredPoint): StoredPoint {
  const members = Object.entries(JSON.parse(point.payload) as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...point, payload: JSON.stringify(Object.fromEntries(members)) };
}

async function pointDifferences(point: StoredPoint, copy: StoredPoint, vectors: Comparison['vectors']): Promise<string[]> {
  const found = point.payload === copy.payload ? [] : [`${point.id}: payload ${copy.payload} instead of ${point.payload}`];
  for (const [name, rule] of Object.entries(vectors)) {
    const wanted = await wantedVector(point, rule);
    if (!sameNumbers(wanted, copy.vectors[name] ?? null)) found.push(`${point.id}: vector "${name}" differs`);
  }
  const strange = Object.keys(copy.vectors).filter((name) => vectors[name] === undefined);
  return [...found, ...strange.map((name) => `${point.id}: has a vector "${name}"`)];
}

async function wantedVector(point: StoredPoint, rule: Expected): Promise<ArrayLike<number> | null> {
  if ('keep' in rule) return point.vectors[rule.keep] ?? null;
  return 'derive' in rule ? rule.derive(point) : rule.make(JSON.parse(point.payload));
}

/** Cosine vectors are normalised by the server, where the last place of an f32 may move. */
function sameNumbers(wanted: ArrayLike<number> | null, found: ArrayLike<number> | null): boolean {
  if (wanted === null || found === null) return wanted === found;
  if (wanted.length !== found.length) return false;
  return Array.from(wanted).every(
    (value, at) => Math.abs(value - (found[at] ?? Number.NaN)) <= 2 ** -22 * Math.max(Math.abs(value), 2 ** -6),
  );
}

/** The vector `hash/<dimensions>` gives the text. */
export function hashed(dimensions: number, text: (payload: Record<string, unknown>) => string | null): Expected {
  const embedder = createModelCatalogue({ config: { models: {} }, env: {} }).embedder(`hash/${dimensions}`);
  return {
    async make(payload) {
      const wanted = text(payload);
      return wanted === null ? null : (await embedder.embed([wanted], { kind: 'document' })).vectors;
    },
  };
}

/** The vector the stub provider gives the text. */
export function stubbed(model: string, dimensions: number, text: (payload: Record<string, unknown>) => string | null): Expected {
  return {
    async make(payload) {
      const wanted = text(payload);
      return wanted === null ? null : stubVector(model, '', wanted, dimensions);
    },
  };
}
