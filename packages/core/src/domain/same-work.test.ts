import type { SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { buildSpec } from '../stages/fleet.fixture.ts';
import { sameWork } from './same-work.ts';

describe('sameWork', () => {
  const base = buildSpec();
  it.each<[string, Partial<SpecInput>]>([
    ['name', { name: 'another' }],
    ['speed', { copy: { streams: 9, rangePoints: 77 } }],
    ['switch', { switch: { mode: 'auto' } }],
  ])('does not ask for the same %s', (_, change) => {
    expect(sameWork(base, { ...buildSpec(change) })).toBe(true);
  });

  it.each<[string, Partial<SpecInput>]>([
    ['source', { source: { collection: 'docs_v0' } }],
    ['target', { target: { collection: 'docs_v3', alias: 'docs' } }],
    ['alias', { target: { collection: 'docs_v2', alias: 'd' } }],
    ['vectors', { vectors: { '': { keep: '' } } }],
  ])('asks for the same %s', (_, change) => {
    expect(sameWork(base, buildSpec(change))).toBe(false);
  });
});
