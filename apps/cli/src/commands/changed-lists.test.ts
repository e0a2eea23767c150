import type { ComparedQuery, Report } from '@reembed/contracts';
import { buildReport } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { parseQrels } from '../inputs/query-files.ts';
import { readRecords } from '../inputs/records.ts';
import { changedLists } from './changed-lists.ts';

const id = (n: number) => ({ kind: 'integer', id: String(n) }) as const;
const query: ComparedQuery = {
  id: '=1+1, "refund"',
  text: 'refund\nplease',
  ndcg: null,
  overlap: 0.5,
  rbo: 0.4,
  old: [
    { id: id(1), document: '=doc', score: 0.9, text: 'a, "b"', relevance: null },
    { id: id(2), document: 'd2', score: -0.5, text: '=HYPERLINK("http://evil")', relevance: 0 },
  ],
  new: [
    { id: id(2), document: 'd2', score: 0.8, text: '=HYPERLINK("http://evil")', relevance: 0 },
    { id: id(3), score: 0.7, text: 'c', relevance: null },
  ],
};

function reportOf(changed: readonly ComparedQuery[]): Report {
  const report = buildReport();
  const gates = report.gates as NonNullable<Report['gates']>;
  return { ...report, gates: { ...gates, quality: { ...gates.quality, changed: [...changed] } } };
}

describe('the lists that changed most', () => {
  it.each(['judge.csv', 'judge.jsonl'])(
    'are written with both places and the text, and what is filled in is read as labels: %s',
    (file) => {
      const written = changedLists(reportOf([query]), file);
      const rows = readRecords(written, file).map(({ columns }) => columns);
      expect(rows).toHaveLength(3);
      expect(rows[1]).toMatchObject({ 'old place': '2', 'new place': '1', 'old score': '-0.5', 'new score': '0.8', relevance: '0' });
      const judged = file.endsWith('.csv')
        ? written.replace('"a, ""b""",', '"a, ""b""",2')
        : written.replace('"relevance":""', '"relevance":2');
      expect(parseQrels(judged, file).map(({ value }) => value)).toEqual([
        { query: query.id, document: '=doc', relevance: 2 },
        { query: query.id, document: 'd2', relevance: 0 },
      ]);
    },
  );

  it('hold nothing that a spreadsheet would run', () => {
    expect(changedLists(reportOf([query]), 'judge.csv')).not.toMatch(/(^|,|")[=@+]/m);
  });

  it.each<[Report, string, RegExp]>([
    [reportOf([query]), 'judge.txt', /^judge\.txt: the extension says the format/],
    [reportOf([]), 'judge.csv', /^there is no list that changed: The lower bound/],
    [{ ...buildReport(), gates: null }, 'judge.csv', /^nothing has been searched yet/],
  ])('are refused with the reason %#', (report, file, message) => {
    expect(() => changedLists(report, file)).toThrow(
      expect.objectContaining({ code: 'invalid-request', message: expect.stringMatching(message) }),
    );
  });
});
