import { expect, it } from 'vitest';
import { withShownTexts } from './judge-quality.ts';

it('keeps the texts that a report shows, of the first ten documents of an exact search, and no other', () => {
  const hit = (at: number) => ({
    id: { kind: 'integer' as const, id: String(at) },
    document: `d${Math.floor(at / 2)}`,
    score: 1,
    text: `t${at}`,
  });
  const answer = { tookMs: 1, hits: Array.from({ length: 100 }, (_, at) => hit(at)) };
  const sides = { old: answer, new: answer };
  const { exact, indexed } = withShownTexts({ id: 'q', text: 'asked', exact: sides, indexed: sides });
  const texts = ({ hits }: typeof answer) => hits.flatMap(({ text }) => (text === '' ? [] : [text]));
  expect(texts(exact.new as typeof answer)).toEqual(['t0', 't2', 't4', 't6', 't8', 't10', 't12', 't14', 't16', 't18']);
  expect(texts(indexed.old as typeof answer)).toEqual([]);
  expect(exact.old.hits).toHaveLength(100);
});
