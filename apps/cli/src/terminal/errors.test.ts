import { type ErrorCode, errorCodes } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { expect, test } from 'vitest';
import { exitCodeOf, renderError } from './errors.ts';
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
    expect(exitCodeOf(new ReembedError(code, 'x'))).toBe(errorCodes[code].exitCode);
  }
});

test('a defect ends with 1, and an interrupt as shells report it', () => {
  expect(exitCodeOf(new TypeError('x'))).toBe(1);
  expect(exitCodeOf(new Interrupted('SIGINT'))).toBe(130);
  expect(exitCodeOf(new Interrupted('SIGTERM'))).toBe(143);
});
