import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import type { PinnedTextFile, PointId } from '@reembed/contracts';
import { parsePointId, pointIdToJson, ReembedError, readPayloadField } from '@reembed/core';
import { membersOf } from './read-fields.ts';

/** Where the lines of a file are, by the id of their point. */
type TextIndex = { readonly pinned: PinnedTextFile; readonly lookUp: StatementSync; readonly stamp: string };
type Place = { readonly at: number; readonly length: number };

export type TextFiles = {
  pin(name: string): Promise<PinnedTextFile>;
  /** Throws `invalid-text-file` where the file is missing, malformed, or not the one of that hash. */
  read(name: string, sha256: string, ids: readonly PointId[]): Promise<ReadonlyMap<string, string>>;
};

/**
 * JSONL files in the directory that REEMBED_FILES names: `{"id": 812, "text": "…"}` a line, ids in any order. A file is read whole once a
 * process, for its hash and an index of offsets in a temporary database on disk, so that memory stays flat; lines are read as they are asked
 * for. One that has changed is read anew.
 */
export function createTextFiles(filesDir: string): TextFiles {
  const held = new Map<string, { readonly stamp: string; readonly index: Promise<TextIndex> }>();

  async function indexOf(path: string, file: FileHandle): Promise<TextIndex> {
    const stamp = stampOf(await file.stat());
    const known = held.get(path);
    if (known?.stamp === stamp) return known.index;
    const entry = { stamp, index: indexFile(path, file, stamp) };
    held.set(path, entry);
    entry.index.catch(() => held.get(path) === entry && held.delete(path));
    return entry.index;
  }

  async function withFile<Result>(
    name: string,
    use: (index: TextIndex, file: FileHandle, path: string) => Promise<Result>,
  ): Promise<Result> {
    const path = join(filesDir, name);
    await using file = await openFile(path);
    const index = await indexOf(path, file);
    const stillIndexed = async () => {
      if (stampOf(await file.stat()) !== index.stamp) throw writtenTo(path);
    };
    const result = await use(index, file, path).catch(async (error: unknown) => {
      await stillIndexed();
      throw error;
    });
    await stillIndexed();
    return result;
  }

  return {
    pin: (name) => withFile(name, async ({ pinned }) => pinned),
    read: (name, sha256, ids) =>
      withFile(name, async ({ pinned, lookUp }, file, path) => {
        if (pinned.sha256 !== sha256) throw another(path, pinned.sha256, sha256);
        const places = ids.map((id) => [pointIdToJson(id), lookUp.get(pointIdToJson(id)) as Place | undefined] as const);
        const found = new Map<string, string>();
        for (const [id, place] of places) if (place !== undefined) found.set(id, await readFields(file, place));
        return found;
      }),
  };
}

/** Another file under the name, or the same one written to, has another. */
function stampOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const what = absent ? 'does not exist' : 'cannot be read';
    throw new ReembedError('invalid-text-file', `${path} ${what}: put it into the directory of REEMBED_FILES of every process`, { cause });
  }
}

/** What stands at an offset is then another line, or half of one. */
function writtenTo(path: string): ReembedError {
  return new ReembedError(
    'invalid-text-file',
    `${path} was written to while it was read: try again when nobody writes to it, with the file that was planned`,
  );
}

function another(path: string, found: string, planned: string): ReembedError {
  return new ReembedError(
    'invalid-text-file',
    `${path} of this process has SHA-256 ${found}, and the migration was planned with ${planned}: put the planned file there and resume, or plan a new migration into another collection`,
  );
}

async function indexFile(path: string, file: FileHandle, stamp: string): Promise<TextIndex> {
  const { DatabaseSync } = await import('node:sqlite');
  // No name: a temporary database on disk, which is gone when it is closed or the process ends.
  const database = new DatabaseSync('');
  try {
    database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32768');
    database.exec('CREATE TABLE lines (id TEXT PRIMARY KEY, at INTEGER NOT NULL, length INTEGER NOT NULL) WITHOUT ROWID');
    const insert = database.prepare('INSERT OR IGNORE INTO lines VALUES (?, ?, ?)');
    const hash = createHash('sha256');
    let [number, texts] = [0, 0];
    for await (const { line, at } of linesOf(path, file, (chunk) => hash.update(chunk))) {
      number++;
      const id = idOf(path, number, line);
      if (id === null) continue;
      if (insert.run(id, at, line.length).changes === 0) throw malformed(path, number, `has the id ${id} of a line before it`);
      texts++;
    }
    if (stampOf(await file.stat()) !== stamp) throw writtenTo(path);
    const pinned = { sha256: hash.digest('hex'), texts };
    return { pinned, lookUp: database.prepare('SELECT at, length FROM lines WHERE id = ?'), stamp };
  } catch (error) {
    database.close();
    throw error;
  }
}

const chunkBytes = 1 << 20;
/** A line that is longer is none of JSONL: the file is something else. */
const longestLine = 64 << 20;

/** Every line with its offset in bytes. */
async function* linesOf(path: string, file: FileHandle, see: (chunk: Buffer) => void): AsyncGenerator<{ line: Buffer; at: number }> {
  let [rest, at]: [Buffer, number] = [Buffer.alloc(0), 0];
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const chunk = buffer.subarray(0, bytesRead);
    see(chunk);
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = text.indexOf(0x0a); end !== -1; end = text.indexOf(0x0a, from)) {
      yield { line: text.subarray(from, end), at: at + from };
      from = end + 1;
    }
    rest = text.subarray(from);
    at += from;
    if (rest.length > longestLine)
      throw new ReembedError('invalid-text-file', `${path} has a line of more than ${longestLine} bytes: it wants one JSON object a line`);
  }
  if (rest.length > 0) yield { line: rest, at };
}

/** The id of a line as pointIdToJson writes it; null for an empty line. */
function idOf(path: string, number: number, line: Buffer): string | null {
  const text = line.toString().trim();
  if (text === '') return null;
  if (!isJsonObject(text)) throw malformed(path, number, 'is no JSON object');
  const id = parsePointId(String(readPayloadField(text, ['id']) ?? ''));
  if (id === null) throw malformed(path, number, 'has no "id" that is a whole number or a UUID');
  return pointIdToJson(id);
}

function isJsonObject(text: string): boolean {
  try {
    JSON.parse(text);
    return text.startsWith('{');
  } catch {
    return false;
  }
}

function malformed(path: string, line: number, what: string): ReembedError {
  return new ReembedError('invalid-text-file', `${path}, line ${line}: ${what}; a line is {"id": 812, "text": "…"}, one for each point`);
}

/** The members of a line besides the id. */
async function readFields(file: FileHandle, { at, length }: Place): Promise<string> {
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, at);
  const members = [...membersOf(buffer.toString().trim(), 0)].filter(([key]) => key !== 'id');
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}
