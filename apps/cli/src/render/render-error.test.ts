import { ReembedError } from '@reembed/core';
import { expect, test } from 'vitest';
import { renderError } from './render-error.ts';

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
  expect(renderError(new TypeError('x is not a function')).join('\n')).toMatch(
    /a defect: TypeError: x is not a function\n.*render-error\.test/s,
  );
});
