import { columnOf, type FileRecord, readRecords } from './read-records.ts';

export type Located<T> = { readonly line: number; readonly value: T };

/** As the spec takes a query; whether it is one the spec's schema judges. */
export type QueryInput = { readonly id: string; readonly text: string };

/** BEIR's JSONL (`{"_id": "q1", "text": "…"}`), or CSV or TSV with a header: `id` (or `_id`, `query-id`) and `text` (or `query`). */
export function parseQueries(text: string, file: string): Located<QueryInput>[] {
  return readRecords(text, file).map((record) => ({ line: record.line, value: queryOf(record, file) }));
}

function queryOf(record: FileRecord, file: string): QueryInput {
  return { id: columnOf(record, ['_id', 'id', 'query-id'], file), text: columnOf(record, ['text', 'query'], file) };
}
