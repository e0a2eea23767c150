import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PointId } from '@reembed/contracts';
import { mostLogged, parsePointId, pointIdToJson, type QueryLog, ReembedError, readPayloadField } from '@reembed/core';

/** Points that are counted at once: past that the colder half is forgotten, so that memory stays flat however long the log. */
const mostPoints = 200_000;

/**
 * A JSONL file of queries and retrieved points, one a line: `{"text": "…"}` or `{"query": "…"}`, `{"vector": [0.1, …]}` or `{"point": 812, "retrieved": 31}`,
 * where `retrieved` may be left out. Other fields are none of ours, so a file of `gates.queries` and the log of a gateway are some. Throws
 * `invalid-text-file` by line.
 */
export async function readQueryLog(filesDir: string, name: string, mostCounted = mostPoints): Promise<QueryLog> {
  const path = join(filesDir, name);
  const [texts, vectors] = [new Map<string, number>(), new Map<string, number>()];
  let points = new Map<string, { readonly id: PointId; readonly retrieved: number }>();
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (line.trim() === '') continue;
      const read = readLine(line) ?? fail(path, number);
      if ('text' in read) countLast(texts, read.text);
      else if ('vector' in read) countLast(vectors, read.vector);
      else points.set(read.key, { id: read.id, retrieved: read.retrieved + (points.get(read.key)?.retrieved ?? 0) });
      if (points.size > mostCounted) points = hotter(points, mostCounted / 2);
    }
  } catch (cause) {
    if (cause instanceof ReembedError) throw cause;
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const message = `${path} ${absent ? 'does not exist' : 'cannot be read'}: put it into the directory of REEMBED_FILES of the coordinator`;
    throw new ReembedError('invalid-text-file', message, { cause });
  }
  return { texts, vectors, points: [...points.values()] };
}

type Line =
  | { readonly text: string }
  | { readonly vector: string }
  | { readonly key: string; readonly id: PointId; readonly retrieved: number };

/** Null where it is none of the three. */
function readLine(line: string): Line | null {
  const { query, text = query, vector, point, retrieved = 1 } = parsed(line);
  if (typeof text === 'string' && text.trim() !== '') return { text };
  if (isAskable(vector)) return { vector: JSON.stringify(vector) };
  // From the text itself: ids may be past 2^53.
  const id = point === undefined ? null : parsePointId(String(readPayloadField(line.trim(), ['point'])));
  return id !== null && Number.isInteger(retrieved) && Number(retrieved) > 0
    ? { key: pointIdToJson(id), id, retrieved: Number(retrieved) }
    : null;
}

/** Qdrant scores as f32: by numbers whose squares are past that it answers scores that are none. */
function isAskable(vector: unknown): vector is readonly number[] {
  if (!Array.isArray(vector) || vector.length === 0 || !vector.every((value) => typeof value === 'number')) return false;
  return Number.isFinite(Math.fround(vector.reduce((sum, value) => sum + value * value, 0)));
}

function parsed(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

function fail(path: string, line: number): never {
  throw new ReembedError(
    'invalid-text-file',
    `${path}, line ${line}: wants {"text": "…"} or {"query": "…"}, {"vector": [0.1, …]} or {"point": 812, "retrieved": 31}`,
  );
}

/** Logs are appended to: the last queries tell most of the next. */
function countLast(counts: Map<string, number>, query: string): void {
  const before = counts.get(query) ?? 0;
  counts.delete(query);
  counts.set(query, before + 1);
  const [oldest] = counts.keys();
  if (counts.size > mostLogged && oldest !== undefined) counts.delete(oldest);
}

function hotter<Point extends { readonly retrieved: number }>(points: ReadonlyMap<string, Point>, most: number): Map<string, Point> {
  const sorted = [...points].sort(([, a], [, b]) => b.retrieved - a.retrieved);
  return new Map(sorted.slice(0, most));
}
