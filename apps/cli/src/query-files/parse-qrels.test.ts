import { describe, expect, it } from 'vitest';
import { parseQrels } from './parse-qrels.ts';

const judged = [
  { line: 2, value: { query: '1', document: 'd1', relevance: 2 } },
  { line: 3, value: { query: '1', document: 'd2', relevance: 0 } },
];

describe('parseQrels', () => {
  it.each([
    ['qrels.tsv', 'query-id\tcorpus-id\tscore\r\n1\td1\t2\r\n1\td2\t0\r\n'],
    ['qrels.csv', 'score,corpus-id,query-id\n2,d1,1\n0,d2,1\n'],
    ['qrels.jsonl', '\n{"query-id": 1, "corpus-id": "d1", "score": 2}\n{"query-id": 1, "corpus-id": "d2", "score": 0}'],
    ['qrels.trec', '\n1 0 d1 2\n1\t0\td2\t0\n'],
    ['qrels.tsv', '\n1\tQ0\td1\t2\r\n1 Q0 d2 0'],
  ])('reads %s: %j', (file, text) => {
    expect(parseQrels(text, file)).toEqual(judged);
  });

  it.each([
    ['qrels.tsv', 'query-id\tcorpus-id\tscore\n1\td1\tyes\n', /^qrels\.tsv:2 score "yes" is no whole number/],
    ['qrels.tsv', '1\td1\t1\n2\td2\t1\n', /^qrels\.tsv:2 has no "query-id", only "1", "d1"/],
    ['qrels.trec', '1 0 d1 1\n1 0 d2\n', /^qrels\.trec:2 "1 0 d2" is no judgement: write query, 0, document and relevance/],
    ['qrels.txt', 'anything', /^qrels\.txt: the extension says the format/],
  ])('says what is wrong and where: %s %j', (file, text, message) => {
    expect(() => parseQrels(text, file)).toThrow(
      expect.objectContaining({ code: 'invalid-spec', message: expect.stringMatching(message) }),
    );
  });
});
