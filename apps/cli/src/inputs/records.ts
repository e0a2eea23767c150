import { ReembedError } from '@reembed/core';
import { CsvError, parse } from 'csv-parse/sync';

/** One line of a file: its columns by name. `line` counts from 1; `notText`: what JSON holds that is no text, as it is written. */
export type FileRecord = {
  readonly line: number;
  readonly columns: Readonly<Record<string, string>>;
  readonly notText?: Readonly<Record<string, string>>;
};

const byExtension: Readonly<Record<string, (text: string, file: string) => FileRecord[]>> = {
  '.jsonl': readJsonLines,
  '.ndjson': readJsonLines,
  '.csv': (text, file) => readTable(text, file, { delimiter: ',' }),
  // No quoting in TSV: BEIR's and MS MARCO's texts hold quotes as they are.
  '.tsv': (text, file) => readTable(text, file, { delimiter: '\t', quote: null }),
};

/** The records of a JSONL, CSV or TSV file, by its extension. Throws `invalid-spec`, naming file, line and the way out. */
export function readRecords(text: string, file: string): FileRecord[] {
  const extension = /\.[^./\\]*$/.exec(file)?.[0].toLowerCase() ?? '';
  const read = byExtension[extension];
  if (read === undefined) {
    throw new ReembedError('invalid-spec', `${file}: the extension says the format: name it ${Object.keys(byExtension).join(', ')}`);
  }
  return read(text, file);
}

function readJsonLines(text: string, file: string): FileRecord[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  return lines.flatMap((content, index) => (content.trim() === '' ? [] : [{ line: index + 1, ...readJson(content, file, index + 1) }]));
}

function readJson(content: string, file: string, line: number): Omit<FileRecord, 'line'> {
  const value = parseJson(content, file, line);
  if (!isObject(value)) throw fault(file, line, 'is no JSON object: write {"_id": "q1", "text": "…"}');
  const fields = Object.entries(value);
  return {
    columns: Object.fromEntries(fields.flatMap(([key, field]) => (isObject(field) ? within(key, field) : ownField(key, field)))),
    notText: Object.fromEntries(fields.flatMap(([key, field]) => (typeof field === 'string' ? [] : [[key, JSON.stringify(field)]]))),
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ownField(key: string, value: unknown): [string, string][] {
  return typeof value === 'string' ? [[key, value]] : [];
}

/** `metadata.language`: one step down is enough for what BEIR keeps beside a query. */
function within(key: string, value: object): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]) => ownField(`${key}.${name}`, inner));
}

/** Characters of what is no text, in a message. */
const shown = 40;

function parseJson(content: string, file: string, line: number): unknown {
  try {
    return JSON.parse(content, numberAsText);
  } catch (cause) {
    throw fault(file, line, `is no JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** Ids may be numbers, also ones past 2^53. `context.source` is in V8, not yet in TypeScript's library. */
function numberAsText(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}

function readTable(text: string, file: string, form: { delimiter: string; quote?: null }): FileRecord[] {
  try {
    const rows: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
      ...form,
      bom: true,
      columns: true,
      info: true,
      skip_empty_lines: true,
    });
    return rows.map(({ record, info }) => ({ line: info.lines, columns: record }));
  } catch (error) {
    if (error instanceof CsvError) throw fault(file, Number(error.lines ?? 1), error.message);
    throw error;
  }
}

/** The first of these columns that a record has. Throws `invalid-spec` where it has none, or one that is no text. */
export function columnOf({ line, columns, notText = {} }: FileRecord, names: readonly string[], file: string): string {
  const name = names.find((one) => columns[one] !== undefined);
  if (name !== undefined) return columns[name] ?? '';
  const other = names.find((one) => notText[one] !== undefined);
  if (other !== undefined)
    throw fault(file, line, `has ${notText[other]?.slice(0, shown)} as "${other}", which is no text: write one, or delete the line`);
  const found = Object.keys(columns).map((one) => JSON.stringify(one));
  const wayOut = Object.keys(columns).some((one) => one.includes(';'))
    ? 'the columns of a CSV file are separated by commas'
    : /\.(jsonl|ndjson)$/i.test(file)
      ? 'rename the field'
      : 'a table names its columns in its first line';
  throw fault(file, line, `has no "${names.join('" or "')}", only ${found.join(', ') || 'nothing'}: ${wayOut}`);
}

/** What is wrong with a line of a file. */
export function fault(file: string, line: number, what: string): ReembedError {
  return new ReembedError('invalid-spec', `${file}:${line} ${what}`);
}
