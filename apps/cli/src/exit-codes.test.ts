import { type ErrorCode, errorCodes } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { expect, test } from 'vitest';
import { exitCodeOf, exitCodesText } from './exit-codes.ts';
import { Interrupted } from './interrupt.ts';

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

test('the help names every error code', () => {
  for (const code of Object.keys(errorCodes)) expect(exitCodesText()).toContain(code);
});
