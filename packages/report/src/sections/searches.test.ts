import { emptyTally } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { searchesSection } from './searches.ts';

const side = (searches: number, empty = 0) => ({ searches, empty, tookMs: 2 * searches });

it('tells how far real searches agree, what each side does not find and how long it takes, and calls it no verdict', () => {
  const searches = { shadow: { old: side(40, 2), new: side(40, 1), agreedAt1: 30, agreedAt10: 36 }, split: { old: side(9), new: side(0) } };
  const page = String(searchesSection({ searches }).join(''));
  expect(page).toContain('75');
  expect(page).toContain('90');
  expect(page).toContain('no verdict');
  expect(page).toContain('2.0 ms');
  expect(page).not.toContain('split, new');
});

it('is not there where nobody told anything, and says so where searches were split alone', () => {
  expect(searchesSection({ searches: null })).toEqual([]);
  const { shadow } = emptyTally();
  const page = String(searchesSection({ searches: { shadow, split: { old: side(9), new: side(3) } } }).join(''));
  expect(page).toContain('No search was asked of both sides.');
});
