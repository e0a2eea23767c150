import type { Spec, SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { buildSpec } from '../stages/fleet.fixture.ts';
import { sameWork } from './same-work.ts';

describe('sameWork', () => {
  const base = buildSpec();
  it.each<[string, Partial<SpecInput>]>([
    ['name', { name: 'another' }],
    ['speed', { copy: { streams: 9, rangePoints: 77 } }],
    ['switch', { switch: { mode: 'auto' } }],
    ['search', { search: { old: { limit: 20 } } }],
    ['gates', { gates: { sampledPoints: 7 } }],
    ['declared origin of the source', { source: { collection: 'docs_v1', vectors: { '': { model: 'a/b', text: '{{body}}' } } } }],
    ['care in deleting', { sync: { maxDeleteShare: 0.5, maxPasses: 3, changedField: 'at' } }],
  ])('does not ask for the same %s', (_, change) => {
    expect(sameWork(base, { ...buildSpec(change) })).toBe(true);
  });

  it.each<[string, Partial<SpecInput>]>([
    ['source', { source: { collection: 'docs_v0' } }],
    ['target', { target: { collection: 'docs_v3', alias: 'docs' } }],
    ['alias', { target: { collection: 'docs_v2', alias: 'd' } }],
    ['vectors', { vectors: { '': { keep: '' } } }],
    ['filter', { source: { collection: 'docs_v1', filter: { must: [] } } }],
    ['texts from elsewhere', { source: { collection: 'docs_v1', textFrom: { file: 'texts.jsonl' } } }],
    ['hash', { sync: { hashField: 'hash' } }],
  ])('asks for the same %s', (_, change) => {
    expect(sameWork(base, buildSpec(change))).toBe(false);
  });

  it('does not count a field that only another version knew', () => {
    expect(sameWork({ ...base, throttle: { pointsPerSecond: null } } as Spec, base)).toBe(true);
  });
});
