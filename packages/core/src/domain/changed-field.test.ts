import { describe, expect, it } from 'vitest';
import { changedAt, changedSince, latestChange } from './changed-field.ts';

const point = (value: string, field = 'at') => ({
  id: { kind: 'integer', id: '1' } as const,
  payload: `{"${field}":${value}}`,
  vectors: {},
});

describe('what a changed field says', () => {
  it.each([
    ['1700000000', 1_700_000_000],
    ['-0.5', -0.5],
    ['1.0', 1],
    ['1e3', 1_000],
    ['9007199254740993', 9_007_199_254_740_992],
    ['"1700000000"', null],
    ['1e999', null],
    ['true', null],
    ['null', null],
    ['[3]', null],
    ['"2026-01-01"', null],
  ])('of the number %s is %s', (text, expected) => {
    expect(changedAt('number', 'at', point(text))).toBe(expected);
  });

  it.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02t03:04:05Z', null],
    ['2026-01-02T03:04:05.678912+01:00', '2026-01-02T02:04:05.678Z'],
    ['2026-01-02T03:04:05-0130', '2026-01-02T04:34:05.000Z'],
    ['2026-01-02 03:04:05.6', '2026-01-02T03:04:05.600Z'],
    ['2026-01-02T03:04', '2026-01-02T03:04:00.000Z'],
    ['2026-01-02', '2026-01-02T00:00:00.000Z'],
    ['2026-13-02', null],
    ['yesterday', null],
    ['1700000000', null],
  ])('of the datetime %s is %s', (text, expected) => {
    expect(changedAt('datetime', 'at', point(JSON.stringify(text)))).toBe(expected === null ? null : Date.parse(expected));
  });

  it('is found in nested fields, and is the greatest over many points', () => {
    expect(changedAt('number', 'meta.at', point('{"at":7}', 'meta'))).toBe(7);
    expect(latestChange('number', 'at', [point('3'), point('12'), point('"no"'), point('7')])).toBe(12);
    expect(latestChange('number', 'at', [point('null')])).toBeNull();
  });

  it('is asked for inclusively, in the words of Qdrant', () => {
    expect(changedSince('number', 'meta.at', 12)).toEqual({ must: [{ key: 'meta.at', range: { gte: 12 } }] });
    expect(changedSince('datetime', 'at', Date.parse('2026-01-02T03:04:05.678Z'))).toEqual({
      must: [{ key: 'at', range: { gte: '2026-01-02T03:04:05.678Z' } }],
    });
  });
});
