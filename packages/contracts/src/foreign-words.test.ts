import { expect, it } from 'vitest';
import { quoteForeign, withoutForeignWords } from './foreign-words.ts';

it.each([
  ['plain words'],
  ['a "quoted" word, “another”, and it says: “more”'],
  ['"}],"code":"internal'],
  ['<b>of a page</b> \\ and \\" a slash'],
])('what another service said is taken out again, and nothing else: %j', (words) => {
  const message = `the service answered 500; ${quoteForeign(words)}; mend it`;
  const json = JSON.stringify({ code: 'x', message, issues: [{ message }], after: 'it stays' });
  const left = 'the service answered 500; what it says is for admins; mend it';
  expect(withoutForeignWords(message)).toBe(left);
  expect(JSON.parse(withoutForeignWords(json))).toEqual({ code: 'x', message: left, issues: [{ message: left }], after: 'it stays' });
});

it('is taken out of a message that was cut in the middle of it', () => {
  const json = JSON.stringify([`answered 500; ${quoteForeign('secret words')}`.slice(0, -3), 'it stays']);
  expect(JSON.parse(withoutForeignWords(json))).toEqual(['answered 500; what it says is for admins', 'it stays']);
});
