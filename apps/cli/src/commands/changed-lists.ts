import { extname } from 'node:path';
import type { ComparedQuery, Report, ShownHit } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';

/** The columns for a person who judges; `query-id`, `corpus-id` and `relevance` are what `gates.qrels` reads of them. */
type Row = {
  readonly 'query-id': string;
  readonly query: string;
  readonly 'corpus-id': string;
  readonly 'old place': string;
  readonly 'new place': string;
  readonly 'old score': string;
  readonly 'new score': string;
  readonly text: string;
  /** Empty: nobody has judged it yet. */
  readonly relevance: string;
};

const columns: readonly (keyof Row)[] = [
  'query-id',
  'query',
  'corpus-id',
  'old place',
  'new place',
  'old score',
  'new score',
  'text',
  'relevance',
];

/**
 * The queries whose results changed most, a row for each document of both lists, as CSV or JSONL by the file's extension. Throws
 * `invalid-request` for any other, and where there is nothing to judge.
 */
export function changedLists({ gates }: Report, file: string): string {
  const extension = extname(file).toLowerCase();
  if (extension !== '.csv' && extension !== '.jsonl')
    throw new ReembedError('invalid-request', `${file}: the extension says the format: name it .csv or .jsonl`);
  const changed = gates?.quality.changed ?? [];
  if (changed.length === 0)
    throw new ReembedError(
      'invalid-request',
      gates === null
        ? 'nothing has been searched yet: the gates run once the copy is complete and indexed, and on `reembed verify`'
        : `there is no list that changed: ${gates.quality.reasons[0] ?? 'measure again with `reembed verify`'}`,
    );
  const rows = changed.flatMap(rowsOf);
  return extension === '.csv' ? toCsv(rows) : rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

function rowsOf(query: ComparedQuery): Row[] {
  const places = (hits: readonly ShownHit[]) => new Map(hits.map((hit, at) => [documentOf(hit), { hit, place: String(at + 1) }]));
  const [old, fresh] = [places(query.old), places(query.new)];
  return [...new Map([...old, ...fresh])].map(([document, { hit }]) => ({
    'query-id': query.id,
    query: query.text,
    'corpus-id': document,
    'old place': old.get(document)?.place ?? '',
    'new place': fresh.get(document)?.place ?? '',
    'old score': String(old.get(document)?.hit.score ?? ''),
    'new score': String(fresh.get(document)?.hit.score ?? ''),
    text: hit.text,
    relevance: String(hit.relevance ?? ''),
  }));
}

/** What judgements call it; gates of older versions have the point's id alone. */
function documentOf({ document, id }: ShownHit): string {
  return document ?? id.id;
}

function toCsv(rows: readonly Row[]): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return lines.map((cells) => `${cells.map(cellOf).join(',')}\n`).join('');
}

/** Texts are other people's: a spreadsheet would run one that begins like a formula. `parseQrels` takes the apostrophe away again. */
function cellOf(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.]+(e-?\d+)?$/i.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
