import type { PointId } from '@reembed/contracts';
import { parseExactJson } from '@reembed/contracts';
import {
  type Filter,
  isReembedError,
  type Points,
  parsePointId,
  skipJsonSpace,
  skipJsonValue,
  walkJsonArray,
  walkJsonObject,
} from '@reembed/core';
import type { Operation } from './operations.ts';

/** Which points a write is about: by id, and by filters. */
export type WrittenPoints = { readonly ids: readonly PointId[]; readonly filters: readonly Filter[] };

/** Read off its body, of which nothing but ids and filters is parsed. Throws SyntaxError where the body is no such write. */
export function writtenPoints(operation: Operation, body: string): WrittenPoints {
  const ids: PointId[] = [];
  const filters: Filter[] = [];
  const readId = (at: number): number => {
    const end = skipJsonValue(body, at);
    const source = body.slice(at, end);
    const id = parsePointId(source.startsWith('"') ? (JSON.parse(source) as string) : source);
    if (id !== null) ids.push(id);
    return end;
  };
  const list = (at: number, item: (at: number) => number): number => {
    const end = skipJsonValue(body, at);
    if (body[at] === '[') walkJsonArray(body, at, item);
    return end;
  };
  const object = (at: number, read: (key: string, at: number) => number | undefined): number =>
    body[at] === '{'
      ? walkJsonObject(body, at, (key, valueAt) => read(key, valueAt) ?? skipJsonValue(body, valueAt))
      : skipJsonValue(body, at);
  /** `points`: ids, or points with ids; `batch`: the ids beside the vectors. */
  const write = (at: number): number =>
    object(at, (key, valueAt) => {
      if (key === 'points')
        return list(valueAt, (itemAt) =>
          body[itemAt] === '{' ? object(itemAt, (name, idAt) => (name === 'id' ? readId(idAt) : undefined)) : readId(itemAt),
        );
      if (key === 'batch') return object(valueAt, (name, idsAt) => (name === 'ids' ? list(idsAt, readId) : undefined));
      if (key !== 'filter' || body[valueAt] !== '{') return undefined;
      const end = skipJsonValue(body, valueAt);
      filters.push(parseExactJson(body.slice(valueAt, end)) as Filter);
      return end;
    });
  const start = skipJsonSpace(body, 0);
  if (operation !== 'batch') write(start);
  else
    object(start, (key, at) => (key === 'operations' ? list(at, (itemAt) => object(itemAt, (_, writeAt) => write(writeAt))) : undefined));
  return { ids, filters };
}

/** Points of filters that are brought along at once; more are left to sync. */
const mostByFilter = 1_000;

/**
 * The ids of what a write is about, as its collection has them before it; null where a filter means more points than are brought along at once,
 * or cannot be read here.
 */
export async function pointsOf(
  points: Pick<Points, 'scrollIds'>,
  collection: string,
  operation: Operation,
  body: string,
): Promise<PointId[] | null> {
  const written = readOrNone(operation, body);
  if (written === null) return null;
  const ids = [...written.ids];
  for (const filter of written.filters) {
    const found = await points.scrollIds(collection, { offset: null, limit: mostByFilter, filter }).catch(refused);
    if (found === null || found.next !== null) return null;
    ids.push(...found.ids);
  }
  return ids;
}

function readOrNone(operation: Operation, body: string): WrittenPoints | null {
  try {
    return writtenPoints(operation, body);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

/** A filter that the server refuses is refused in the write itself, in its own words. */
function refused(error: unknown): null {
  if (isReembedError(error) && error.retry === 'never') return null;
  throw error;
}
