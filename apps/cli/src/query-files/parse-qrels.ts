import type { Located } from './parse-queries.ts';
import { columnOf, fault, readRecords } from './read-records.ts';

/** As the spec takes a judgement. */
export type QrelInput = { readonly query: string; readonly document: string; readonly relevance: number };

/** trec_eval's lines have no header: query, a number that means nothing, document, relevance. */
const trecLine = /^\s*(\S+)\s+\S+\s+(\S+)\s+(-?\d+)\s*$/;

/** BEIR's TSV or CSV (header `query-id`, `corpus-id`, `score`), JSONL with these fields, or trec_eval's four columns whatever the file's extension. */
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
  return readRecords(text, file).map((record) => {
    const query = columnOf(record, ['query-id', 'query'], file);
    const document = columnOf(record, ['corpus-id', 'document'], file);
    const relevance = columnOf(record, ['score', 'relevance'], file);
    if (!/^-?\d+$/.test(relevance)) {
      throw fault(file, record.line, `score ${JSON.stringify(relevance)} is no whole number: 0 is not relevant, 1 and up how relevant`);
    }
    return { line: record.line, value: { query, document, relevance: Number(relevance) } };
  });
}
