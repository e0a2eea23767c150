import type { SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { parseSpec } from './parse-spec.ts';

const spec = (change: Partial<SpecInput>): SpecInput => ({
  name: 'docs',
  source: { collection: 'docs_v1' },
  target: { collection: 'docs_v2' },
  vectors: { '': { embed: { model: 'hash/64', text: '{{body}}' } } },
  ...change,
});
const idsOf = (count: number) => ({ must: [{ has_id: Array.from({ length: count }, (_, at) => 1_000_000 + at) }] });

describe('a spec that is too long for metadata', () => {
  it.each([
    ['source.filter', spec({ source: { collection: 'docs_v1', filter: idsOf(2_000) } }), /match a payload field/],
    [
      'vectors."".text',
      spec({ vectors: { '': { embed: { model: 'hash/64', text: `${'word '.repeat(1_000)}{{body}}` } } } }),
      /may take 8192/,
    ],
    [
      'target.settings',
      spec({ target: { collection: 'docs_v2', settings: { hnsw_config: { m: 16, note: 'x'.repeat(9_000) } } } }),
      /make it shorter/,
    ],
  ])('is refused at %s, with its bytes and the limit', (field, given, words) => {
    expect(() => parseSpec(given)).toThrow(
      expect.objectContaining({
        code: 'invalid-spec',
        issues: [{ field: field.replace('.text', ''), value: expect.stringMatching(/bytes/), message: expect.stringMatching(words) }],
      }),
    );
  });

  it('is none with as many labelled queries as there may be, which are kept elsewhere, or with a filter of five hundred ids', () => {
    const queries = Array.from({ length: 5_000 }, (_, at) => ({ id: `q${at}`, text: 'what people search for' }));
    expect(parseSpec(spec({ gates: { queries } })).gates.queries).toHaveLength(5_000);
    expect(parseSpec(spec({ source: { collection: 'docs_v1', filter: idsOf(500) } })).source.filter).not.toBeNull();
  });
});
