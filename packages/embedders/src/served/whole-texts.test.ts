import { expect, it } from 'vitest';
import { watchWholeTexts } from './whole-texts.ts';

const short = [40, 60, 100];

it('learns from short texts what a token is, and finds a text of which far fewer are reported', () => {
  const watch = watchWholeTexts(() => false, null);
  expect(watch.judge(short, 150)).toBeNull();
  expect(watch.judge([2_000], 1_400)).toBeNull();
  expect(watch.judge([4_000], 512)).toBe(512);
});

it('knows what was cut at the same place again, where its own length would tell too little', () => {
  const watch = watchWholeTexts(() => false, null);
  watch.judge(short, 150);
  expect(watch.judge([780], 512)).toBeNull();
  expect(watch.judge([4_000], 512)).toBe(512);
  expect(watch.judge([780], 512)).toBe(512);
  expect(watch.judge([600], 450)).toBeNull();
});

it('knows what was cut at the very limit of the model', () => {
  const watch = watchWholeTexts(() => false, 512);
  watch.judge(short, 150);
  expect(watch.judge([750], 510)).toBe(510);
  expect(watch.judge([680], 509)).toBeNull();
});

it('has texts go alone that are longer than any that was read whole, and all that would be cut', () => {
  const watch = watchWholeTexts(() => true, null);
  expect([watch.goesAlone(300), watch.goesAlone(400)]).toEqual([false, true]);
  expect(watch.judge([400], 402)).toBeNull();
  expect([watch.goesAlone(450), watch.goesAlone(600)]).toEqual([false, true]);
  expect(watch.judge([2_000], 300)).toBe(300);
  expect([watch.goesAlone(290), watch.goesAlone(310)]).toEqual([false, true]);
});

it('says nothing of several texts at once, nor of short ones, whatever is reported', () => {
  const watch = watchWholeTexts(() => true, null);
  expect([watch.judge([2_000, 3_000], 1), watch.judge([100], 1), watch.judge([256], 9_999)]).toEqual([null, null, null]);
});

it('does not take for cut what a server that reports in other units has read', () => {
  const watch = watchWholeTexts(() => true, null);
  watch.judge(short, 20);
  expect(watch.judge([5_000], 500)).toBeNull();
});
