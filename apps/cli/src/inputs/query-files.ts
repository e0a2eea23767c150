import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Issue } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { columnOf, type FileRecord, fault, readRecords } from './records.ts';
import { isTopics, parseTopics } from './trec-topics.ts';

const fields = ['queries', 'qrels'] as const;
type Field = (typeof fields)[number];

type ListFile = { readonly file: string; readonly rows: readonly Located<unknown>[] };

export type SpecWithFiles = {
  /** The spec with the files' contents in place of their names: what is sent. */
  readonly spec: unknown;
  /** An issue of that spec, with file and line where it stands in one. */
  readonly locate: (issue: Issue) => Issue;
};

/**
 * Puts the contents of the files that `gates.queries` and `gates.qrels` name in their places. Names are relative to `folder`, the spec's
 * own. Throws `invalid-spec` where a file cannot be read or parsed.
 */
export async function readQueryFiles(spec: unknown, folder: string): Promise<SpecWithFiles> {
  const gates = field(spec, 'gates');
  const slices = [field(gates, 'slices')].flat().filter((name) => typeof name === 'string');
  const parse = (name: Field, text: string, file: string) =>
    name === 'queries' ? parseQueries(text, file, slices) : parseQrels(text, file);
  const files: Partial<Record<Field, ListFile>> = {};
  for (const name of fields) {
    const file = field(gates, name);
    if (typeof file !== 'string') continue;
    const rows = parse(name, await readListFile(resolve(folder, file), name, file), file);
    if (rows.length === 0) throw new ReembedError('invalid-spec', `gates.${name}: ${file} ${nothingIn[name]}`);
    files[name] = { file, rows };
  }
  const lists = Object.fromEntries(Object.entries(files).map(([name, { rows }]) => [name, rows.map(({ value }) => value)]));
  return {
    spec: Object.keys(lists).length === 0 ? spec : { ...Object(spec), gates: { ...Object(gates), ...lists } },
    locate: (issue) => locate(issue, files),
  };
}

/** A gate that was given a file must not go by the rules of one that was given none. */
const nothingIn: Readonly<Record<Field, string>> = {
  queries: 'has no query: write some, or leave it out',
  qrels: 'judges nothing: fill in how relevant documents are, or leave it out and results are only compared',
};

/** `gates.qrels.12.query` becomes `qrels.tsv:14 query`. */
function locate(issue: Issue, files: Partial<Record<Field, ListFile>>): Issue {
  const [, name, index, column = ''] = /^gates\.(queries|qrels)(?:\.(\d+))?(?:\.(\w+))?$/.exec(issue.field) ?? [];
  const list = name === undefined ? undefined : files[name as Field];
  if (list === undefined) return issue;
  const line = index === undefined ? undefined : list.rows[Number(index)]?.line;
  return { ...issue, field: line === undefined ? `gates.${name} (${list.file})` : `${list.file}:${line} ${column}`.trimEnd() };
}

async function readListFile(path: string, name: Field, file: string): Promise<string> {
  try {
    return textOf(await readFile(path), file);
  } catch (cause) {
    if (cause instanceof ReembedError) throw cause;
    const why = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new ReembedError('invalid-spec', `gates.${name}: ${path} ${why}: name a file relative to the spec, or write the list itself`, {
      cause,
    });
  }
}

/** In another encoding words would be others, and found by neither side. */
function textOf(bytes: Buffer, file: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  for (let line = 1, from = 0; ; line++) {
    const end = bytes.indexOf('\n', from);
    if (end < 0 || !isUtf8(bytes.subarray(from, end)))
      throw fault(file, line, 'is not UTF-8: save the file in that encoding (spreadsheets call it "CSV UTF-8")');
    from = end + 1;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

export type Located<T> = { readonly line: number; readonly value: T };

/** As the spec takes a query; whether it is one the spec's schema judges. */
export type QueryInput = { readonly id: string; readonly text: string; readonly slices?: Readonly<Record<string, string>> };

const idColumns = ['_id', 'id', 'query-id'];
const textColumns = ['text', 'query'];

/**
 * BEIR's JSONL (`{"_id": "q1", "text": "…"}`), CSV or TSV with a header (`id`, `_id` or `query-id`, and `text` or `query`), TREC's topics whatever
 * the extension, or a log: the same without ids. `slices`: fields or columns, of BEIR's `metadata` too, that say what a query is about.
 */
export function parseQueries(text: string, file: string, slices: readonly string[] = []): Located<QueryInput>[] {
  if (isTopics(text)) return parseTopics(text, file);
  const records = readRecords(text, file);
  const isLog = records.every((record) => idColumns.every((name) => !says(record, name)));
  const queries = records.map((record) => ({ line: record.line, value: queryOf(record, file, isLog, slices) }));
  return isLog ? eachOnce(queries) : queries;
}

/** Whether anything stands there: an id of another kind is a fault, and no log. */
function says({ columns, notText = {} }: FileRecord, name: string): boolean {
  return columns[name] !== undefined || (notText[name] ?? 'null') !== 'null';
}

function queryOf(record: FileRecord, file: string, isLog: boolean, slices: readonly string[]): QueryInput {
  const text = columnOf(record, textColumns, file);
  const own = slices.flatMap((name) => {
    const value = record.columns[name] ?? record.columns[`metadata.${name}`] ?? '';
    return value === '' ? [] : [[name, value] as const];
  });
  const id = isLog ? text.trim() : columnOf(record, idColumns, file);
  return { id, text: isLog ? text.trim() : text, ...(own.length === 0 ? {} : { slices: Object.fromEntries(own) }) };
}

/** A log asks the same again and again, and sometimes nothing: each text counts once, and is its own id. */
function eachOnce(queries: readonly Located<QueryInput>[]): Located<QueryInput>[] {
  const seen = new Set(['']);
  return queries.filter(({ value: { id } }) => !seen.has(id) && seen.add(id));
}

/** As the spec takes a judgement. */
export type QrelInput = { readonly query: string; readonly document: string; readonly relevance: number };

/** trec_eval's lines have no header: query, a number that means nothing, document, relevance. */
const trecLine = /^\s*(\S+)\s+\S+\s+(\S+)\s+(-?\d+)\s*$/;

/** An empty `relevance` is one that nobody has judged yet. BEIR's TSV or CSV (header `query-id`, `corpus-id`, `score`), JSONL with these fields, or trec_eval's four columns whatever the file's extension. */
export function parseQrels(text: string, file: string): Located<QrelInput>[] {
  const first = text.split('\n').find((line) => line.trim() !== '') ?? '';
  return trecLine.test(first) ? parseTrec(text, file) : parseBeir(text, file);
}

function parseTrec(text: string, file: string): Located<QrelInput>[] {
  return text.split('\n').flatMap((content, index) => {
    if (content.trim() === '') return [];
    const [, query = '', document = '', relevance] = trecLine.exec(content) ?? [];
    const line = index + 1;
    if (relevance === undefined)
      throw fault(file, line, `${JSON.stringify(content)} is no judgement: write query, 0, document and relevance`);
    return [{ line, value: { query, document, relevance: Number(relevance) } }];
  });
}

function parseBeir(text: string, file: string): Located<QrelInput>[] {
  return readRecords(text, file).flatMap((record) => {
    const query = unguarded(columnOf(record, ['query-id', 'query'], file));
    const document = unguarded(columnOf(record, ['corpus-id', 'document'], file));
    const relevance = columnOf(record, ['score', 'relevance'], file);
    const column = record.columns.score === undefined ? 'relevance' : 'score';
    if (relevance.trim() === '' && column === 'relevance') return [];
    // A table with gaps comes back from pandas and R with 1.0 for 1.
    if (!/^\s*-?\d+(\.0+)?\s*$/.test(relevance)) {
      throw fault(file, record.line, `${column} ${JSON.stringify(relevance)} is no whole number: 0 is not relevant, 1 and up how relevant`);
    }
    return [{ line: record.line, value: { query, document, relevance: Number(relevance) } }];
  });
}

/** The lists that people judge have an apostrophe before what a spreadsheet would run. */
function unguarded(text: string): string {
  return text.replace(/^'(?=[=+\-@])/, '');
}
