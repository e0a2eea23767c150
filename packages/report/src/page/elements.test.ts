import { expect, it } from 'vitest';
import { shorten, withoutTowers } from './elements.ts';

it('leaves a text that fits as it is', () => {
  expect(shorten('twelve chars', 12)).toEqual({ head: 'twelve chars', cut: false });
});

it('never cuts inside what readers see as one character', () => {
  const family = '👩‍👩‍👧‍👦';
  expect(shorten(`${family}${family}`, family.length + 3)).toEqual({ head: family, cut: true });
});

it('cuts even a character without end', () => {
  expect(shorten(`e${'\u0301'.repeat(500)}`, 100).head).toHaveLength(100);
});

it('takes down towers of marks, and leaves every script its own', () => {
  expect(withoutTowers(`Z${'\u0301'.repeat(3000)}algo`)).toBe(`Z${'\u0301'.repeat(8)}algo`);
  expect(withoutTowers('Tiếng Việt, עִבְרִית, हिन्दी')).toBe('Tiếng Việt, עִבְרִית, हिन्दी');
});
