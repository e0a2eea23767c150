import { describe, expect, it } from 'vitest';
import { chooseKnownItems, scoreKnownItems } from './known-items.ts';
import { searched } from './searched-query.fixture.ts';

const point = (document: string, title: string | null) => ({ document, payload: JSON.stringify({ title, body: 'words' }) });
const sample = Array.from({ length: 50 }, (_, index) => point(`d${index}`, `title ${index}`));

describe('chooseKnownItems', () => {
  it('renders a query from each point it chooses, always the same ones', () => {
    const chosen = chooseKnownItems(sample, 'About {{title}}', 10);
    expect(chosen).toHaveLength(10);
    expect(chosen).toEqual(chooseKnownItems(sample, 'About {{title}}', 10));
    for (const { document, text } of chosen) expect(text).toBe(`About title ${document.slice(1)}`);
    expect(chosen).not.toEqual(sample.slice(0, 10).map(({ document }) => ({ document, text: `About title ${document.slice(1)}` })));
  });

  it('leaves out points without text, and texts that name more than one document', () => {
    const few = [point('a', 'one'), point('b', 'two'), point('c', 'two'), point('d', null)];
    expect(chooseKnownItems(few, '{{title}}', 10)).toEqual([{ document: 'a', text: 'one' }]);
  });

  it('takes a text that several points of one document share', () => {
    expect(chooseKnownItems([point('a', 'one'), point('a', 'one')], '{{title}}', 10)).toEqual([{ document: 'a', text: 'one' }]);
  });
});

describe('scoreKnownItems', () => {
  it('says how high each side finds the document the query was made of', () => {
    const items = [
      { ...searched('1', ['a', 'b'], ['b', 'a']), document: 'a' },
      { ...searched('2', ['x'], ['c']), document: 'c' },
    ];
    expect(scoreKnownItems(items)).toEqual({ queries: 2, mrr: { old: 0.5, new: 0.75 }, recall: { old: 0.5, new: 1 } });
  });

  it('is null without known items', () => {
    expect(scoreKnownItems([])).toBeNull();
  });
});
