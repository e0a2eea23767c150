import { isDeepStrictEqual } from 'node:util';
import type { Expected } from './compare-collections.ts';
import { eventually } from './eventually.ts';
import type { QdrantHttp } from './qdrant-http.ts';
import type { Writer } from './writer.ts';

/**
 * In what a collection is not what the application believes to have stored: points missing or brought back, payloads and old vectors
 * changed, and new vectors that are not those of the text. While nobody writes.
 */
export async function strayed(
  http: QdrantHttp,
  collection: string,
  { documents }: Writer,
  name: string,
  made: Expected,
): Promise<string[]> {
  const found: string[] = [];
  const stored = new Map((await http.scroll(collection)).map((point) => [point.id, point]));
  for (const [id, { payload, oldVector }] of documents) {
    const point = stored.get(id);
    stored.delete(id);
    if (point === undefined) {
      found.push(`${id} is missing`);
      continue;
    }
    if (!isDeepStrictEqual(JSON.parse(point.payload), payload)) found.push(`${id}: payload ${point.payload}`);
    if (!isDeepStrictEqual(point.vectors[''], oldVector)) found.push(`${id}: old vector ${point.vectors['']}`);
    const wanted = 'make' in made ? await made.make(payload) : null;
    if (point.vectors[name] === undefined) found.push(`${id}: has no vector "${name}"`);
    else if (!isNear(wanted, point.vectors[name])) found.push(`${id}: vector "${name}" is not that of its text`);
  }
  return [...found, ...[...stored.keys()].map((id) => `${id} was brought back`)];
}

/** Waits until every point has the vector; while nobody writes that stays so, and what status says of an earlier moment may not be so yet. */
export async function nothingLacks(http: QdrantHttp, collection: string, vector: string): Promise<void> {
  const body = { exact: true, filter: { must_not: [{ has_vector: vector }] } };
  await eventually(`every point has the vector "${vector}"`, async () => {
    const { count } = (await http.call('POST', `/collections/${collection}/points/count`, body)) as { count: number };
    return count === 0 ? true : null;
  });
}

/** The server normalises, where the last place of an f32 may move. */
function isNear(wanted: ArrayLike<number> | null, found: readonly number[] | undefined): boolean {
  return (
    wanted !== null && found?.length === wanted.length && found.every((value, at) => Math.abs(value - (wanted[at] ?? Number.NaN)) < 1e-6)
  );
}
