import type { ErrorCode } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { ReembedError } from './error.ts';
import { backoffMs, decideRange, maxRangeAttempts, type RangeVerdict } from './retry-policy.ts';

const failed = (code: ErrorCode, retryAfterMs?: number) => new ReembedError(code, 'no', { retryAfterMs });

describe('backoffMs', () => {
  it('doubles from half a second and stays at half a minute', () => {
    expect([0, 1, 2, 3, 5, 6, 7, 60, 5_000].map(backoffMs)).toEqual([500, 1_000, 2_000, 4_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  });
});

describe('decideRange', () => {
  it.each<[string, unknown, number, RangeVerdict['kind']]>([
    ['a server that is away, at first', failed('qdrant-unreachable'), 1, 'again'],
    ['a server that is away for long', failed('qdrant-unreachable'), maxRangeAttempts - 1, 'again'],
    ['a server that is away for too long', failed('qdrant-unreachable'), maxRangeAttempts, 'give-up'],
    ['a provider that is away', failed('provider-unreachable'), 10, 'again'],
    ['a refusal', failed('qdrant-refused'), 1, 'again'],
    ['a refusal that stays', failed('qdrant-refused'), 3, 'give-up'],
    ['a defect', new TypeError('x'), 2, 'again'],
    ['a defect that stays', new TypeError('x'), 3, 'give-up'],
    ['a key that is wrong', failed('provider-unauthorized'), 1, 'fatal'],
    ['a model that is unknown', failed('unknown-model'), 1, 'fatal'],
    ['a model whose files are not there', failed('model-missing'), 1, 'fatal'],
    ['a model whose entry is wrong', failed('invalid-config'), 1, 'fatal'],
    ['a model that is another now', failed('model-changed'), 1, 'fatal'],
    ['a request the provider never takes', failed('provider-refused'), 1, 'fatal'],
    ['a Qdrant key that is wrong', failed('qdrant-unauthorized'), 1, 'fatal'],
    ['a text that is missing and must not be', failed('text-missing'), 1, 'fatal'],
  ])('%s', (_, error, attempts, kind) => {
    expect(decideRange(error, attempts).kind).toBe(kind);
  });

  it('waits as long as the other side said, else by the table', () => {
    expect(decideRange(failed('qdrant-unreachable', 1_234), 5)).toEqual({ kind: 'again', afterMs: 1_234 });
    expect(decideRange(failed('qdrant-unreachable'), 2)).toEqual({ kind: 'again', afterMs: 2_000 });
  });
});
