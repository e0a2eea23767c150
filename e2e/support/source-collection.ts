import { createHash } from 'node:crypto';
import type { QdrantHttp } from './qdrant-http.ts';

/** A point as JSON text, so that a test decides how its numbers are spelled. */
export type SourcePoint = { readonly id: string; readonly payload: string; readonly vector: string };

/** Creates a collection (`body` as in `PUT /collections/{c}`) and fills it. */
export async function createSource(http: QdrantHttp, name: string, body: object, points: readonly SourcePoint[]): Promise<void> {
  await http.call('PUT', `/collections/${name}`, body);
  for (let at = 0; at < points.length; at += 500) await putPoints(http, name, points.slice(at, at + 500));
}

/** A plain upsert, as an application does it. */
export async function putPoints(http: QdrantHttp, name: string, points: readonly SourcePoint[]): Promise<void> {
  const texts = points.map(({ id, payload, vector }) => `{"id":${id},"payload":${payload},"vector":${vector}}`);
  await http.call('PUT', `/collections/${name}/points?wait=true`, `{"points":[${texts.join(',')}]}`);
}

export type IdKind = 'integers' | 'uuids' | 'mixed';

const words = 'alias batch cosine drift embed fence graph hash index join kelp lamp moss night ocean point query river stone token'.split(
  ' ',
);

/** The n-th document: a title and a body no other document has. */
export function documentOf(n: number): { title: string; body: string } {
  const digest = createHash('sha256').update(`document ${n}`).digest();
  const body = Array.from(digest.subarray(0, 10), (byte) => words[byte % words.length]).join(' ');
  return { title: `Document ${n}`, body: `${body} number${n}` };
}

/** Points 1 to `count`: documents with vectors that `vector` writes (default: four dimensions, unnamed). */
export function somePoints(count: number, ids: IdKind = 'integers', vector: (n: number) => string = plainVector): SourcePoint[] {
  return Array.from({ length: count }, (_, at) => {
    const n = at + 1;
    const uuid = ids === 'uuids' || (ids === 'mixed' && n % 2 === 0);
    return { id: uuid ? JSON.stringify(uuidOf(n)) : String(n), payload: JSON.stringify({ n, ...documentOf(n) }), vector: vector(n) };
  });
}

/** Four numbers that are exact in f32 and not normalised. */
export function plainVector(n: number): string {
  return JSON.stringify([n % 7, 1 + (n % 5), n % 3, 0.5]);
}

function uuidOf(n: number): string {
  const hex = createHash('md5').update(String(n)).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
