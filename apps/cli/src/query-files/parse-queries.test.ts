import { describe, expect, it } from 'vitest';
import { parseQueries } from './parse-queries.ts';

const values = (text: string, file: string) => parseQueries(text, file).map(({ value }) => value);
const q = (id: string, text: string) => ({ id, text });

describe('parseQueries', () => {
  it('reads BEIR queries, with the line of each', () => {
    const text = '{"_id": "q1", "text": "what is a wing?", "metadata": {}}\r\n\n{"_id": "q2", "text": "Wörter"}\n';
    expect(parseQueries(text, 'queries.jsonl')).toEqual([
      { line: 1, value: q('q1', 'what is a wing?') },
      { line: 3, value: q('q2', 'Wörter') },
    ]);
  });

  it('takes ids that are numbers, exactly', () => {
    expect(values('{"_id": 18446744073709551615, "text": "a"}', 'q.jsonl')).toEqual([q('18446744073709551615', 'a')]);
  });

  it.each([
    ['q.csv', '\uFEFFid,text\r\n1,"wings, and ""flow"""\r\n2,"two\nlines"\r\n', [q('1', 'wings, and "flow"'), q('2', 'two\nlines')]],
    ['q.tsv', 'query-id\tquery\n1\tthe "inner" text\n', [q('1', 'the "inner" text')]],
    ['Q.CSV', 'text,_id\na,1\n', [q('1', 'a')]],
  ])('reads a table with a header: %s', (file, text, expected) => {
    expect(values(text, file)).toEqual(expected);
  });

  it.each([
    ['queries.jsonl', '{"_id": "1", "text": "a"}\n{"_id": "2", "text"', /^queries\.jsonl:2 is no JSON/],
    ['queries.jsonl', '"a query"', /^queries\.jsonl:1 is no JSON object: write \{"_id"/],
    ['queries.jsonl', '{"_id": "1", "title": "a"}', /^queries\.jsonl:1 has no "text", only "_id", "title"/],
    ['q.csv', '1,what is a wing?\n2,b', /^q\.csv:2 has no "_id", only "1", "what is a wing\?": a table names its columns/],
    ['q.csv', 'id,text\n1,a,b\n', /^q\.csv:2 .*columns/i],
    ['queries.txt', 'what?', /^queries\.txt: the extension says the format: name it \.jsonl, /],
  ])('says what is wrong and where: %s %j', (file, text, message) => {
    expect(() => parseQueries(text, file)).toThrow(
      expect.objectContaining({ code: 'invalid-spec', message: expect.stringMatching(message) }),
    );
  });
});
