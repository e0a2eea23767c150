import { type ErrorCode, errorCodes } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { expect, test } from 'vitest';
import { describeFailure, renderError } from './errors.ts';
import { Interrupted } from './interrupt.ts';

test('an error is its message and its code', () => {
  expect(renderError(new ReembedError('not-found', 'there is no migration "m1"'))).toEqual([
    'reembed: there is no migration "m1" [not-found]',
  ]);
});

test('each issue has a line of its own: field, value, message', () => {
  const issues = [
    { field: 'target.alias', value: 'docs', message: 'is taken' },
    { field: 'name', value: undefined, message: 'is missing' },
  ];
  const message = 'nothing was created: target.alias ("docs"): is taken; name (missing): is missing';
  expect(renderError(new ReembedError('plan-blocked', message, { issues }))).toEqual([
    'reembed: nothing was created [plan-blocked]',
    '  target.alias ("docs"): is taken',
    '  name (missing): is missing',
  ]);
});

test('a defect shows where it happened', () => {
  expect(renderError(new TypeError('x is not a function')).join('\n')).toMatch(/a defect: TypeError: x is not a function\n.*errors\.test/s);
});

test('every error ends with the exit code of its table', () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    expect(describeFailure(new ReembedError(code, 'x')).exitCode).toBe(errorCodes[code].exitCode);
  }
});

test('a defect ends with 1, and an interrupt as shells report it', () => {
  expect(describeFailure(new TypeError('x')).exitCode).toBe(1);
  expect(describeFailure(new Interrupted('SIGINT')).exitCode).toBe(130);
  expect(describeFailure(new Interrupted('SIGTERM')).exitCode).toBe(143);
});

test("a provider's words begin no line of their own", () => {
  expect(renderError(new ReembedError('provider-refused', 'it says: no\nNext: pay'))).toEqual([
    'reembed: it says: no\n  Next: pay [provider-refused]',
  ]);
});
