import { expect, it } from 'vitest';
import { type WholeTexts, watchWholeTexts } from './whole-texts.ts';

const short = [40, 60, 100];

/** Texts of plain words, of about so many tokens. */
function judged(watch: WholeTexts, tokens: readonly number[], reported: number): number | null {
  return watch.judge(
    tokens.map((count) => 'words '.repeat(count * 0.6)),
    tokens,
    reported,
  );
}

it('learns from short texts what a token is, and finds a text of which far fewer are reported', () => {
  const watch = watchWholeTexts(() => false, null);
  expect(judged(watch, short, 150)).toBeNull();
  expect(judged(watch, [2_000], 1_400)).toBeNull();
  expect(judged(watch, [4_000], 512)).toBe(512);
});

it('knows what was cut at the same place again, where its own length would tell too little', () => {
  const watch = watchWholeTexts(() => false, null);
  judged(watch, short, 150);
  expect(judged(watch, [780], 512)).toBeNull();
  expect(judged(watch, [4_000], 512)).toBe(512);
  expect(judged(watch, [780], 512)).toBe(512);
  expect(judged(watch, [600], 450)).toBeNull();
});

it('knows what was cut at the very limit of the model', () => {
  const watch = watchWholeTexts(() => false, 512);
  judged(watch, short, 150);
  expect(judged(watch, [750], 510)).toBe(510);
  expect(judged(watch, [680], 509)).toBeNull();
});

it('has texts go alone that are longer than any that was read whole, and all that would be cut', () => {
  const watch = watchWholeTexts(() => true, null);
  expect([watch.goesAlone(300), watch.goesAlone(400)]).toEqual([false, true]);
  expect(judged(watch, [400], 402)).toBeNull();
  expect([watch.goesAlone(450), watch.goesAlone(600)]).toEqual([false, true]);
  expect(judged(watch, [2_000], 300)).toBe(300);
  expect([watch.goesAlone(290), watch.goesAlone(310)]).toEqual([false, true]);
});

it('says nothing of several texts at once, nor of short ones, whatever is reported', () => {
  const watch = watchWholeTexts(() => true, null);
  expect([judged(watch, [2_000, 3_000], 1), judged(watch, [100], 1), judged(watch, [256], 9_999)]).toEqual([null, null, null]);
});

it('does not take for cut what a server that reports in other units has read', () => {
  const watch = watchWholeTexts(() => true, null);
  judged(watch, short, 20);
  expect(judged(watch, [5_000], 500)).toBeNull();
});

it.each([
  ['emoji', '🚀'.repeat(2_500), 5_000, 1_250],
  ['brackets', '['.repeat(4_000), 3_000, 1_000],
])('does not take for cut what an estimate counts too high: %s', (_what, text, estimated, reported) => {
  const watch = watchWholeTexts(() => false, null);
  judged(watch, short, 180);
  expect(watch.judge([text], [estimated], reported)).toBeNull();
});
