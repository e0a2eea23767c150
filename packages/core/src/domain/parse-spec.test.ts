import type { SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { parseSpec } from './parse-spec.ts';

const input: SpecInput = {
  name: 'docs',
  source: { collection: 'docs_v1' },
  target: { collection: 'docs_v2' },
  vectors: { '': { embed: { model: 'fake/4', text: '{{body}}' } } },
};

function thrownBy(act: () => unknown): { code: string; issues: unknown[]; message: string } {
  try {
    act();
  } catch (error) {
    return error as { code: string; issues: unknown[]; message: string };
  }
  throw new Error('nothing was thrown');
}

describe('parseSpec', () => {
  it('names every fault with field and value', () => {
    const wrong = { ...input, source: { collection: 'a/b', colour: 'red' }, copy: { pagePoints: 0 }, nmae: 'x' };
    const error = thrownBy(() => parseSpec(wrong));
    expect(error.code).toBe('invalid-spec');
    expect(error.issues).toEqual(
      expect.arrayContaining([
        { field: 'source.collection', value: 'a/b', message: expect.stringContaining('does not allow') },
        { field: 'source.colour', value: 'red', message: expect.stringContaining('check its spelling') },
        { field: 'copy.pagePoints', value: 0, message: expect.any(String) },
        { field: 'nmae', value: 'x', message: expect.stringContaining('check its spelling') },
      ]),
    );
  });

  it.each([
    ['https://me:secret-of-mine@a.example/by-id', 'https://…@a.example/by-id'],
    ['https://a.example/by-id?tenant=a&token=secret-of-mine', 'https://a.example/by-id?…'],
  ])('does not repeat what an address must not hold: %s', (url, value) => {
    const error = thrownBy(() => parseSpec({ ...input, source: { ...input.source, textFrom: { url } } }));
    expect(error.issues).toMatchObject([{ field: 'source.textFrom.url', value }]);
    expect(error.message).not.toContain('secret-of-mine');
  });

  it.each([null, undefined, 'a spec', 7, []])('refuses %j', (value) => {
    expect(thrownBy(() => parseSpec(value)).code).toBe('invalid-spec');
  });

  it('refuses by name what this version does not know', () => {
    const error = thrownBy(() => parseSpec({ ...input, archive: { keep: true }, retention: { days: 9 } }));
    expect(error.code).toBe('invalid-spec');
    expect(error.issues).toEqual([
      { field: 'archive', value: { keep: true }, message: expect.any(String) },
      { field: 'retention', value: { days: 9 }, message: expect.any(String) },
    ]);
  });
});
