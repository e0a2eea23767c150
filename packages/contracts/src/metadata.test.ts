import { describe, expect, it } from 'vitest';
import { migrationMetadataSchema, readClaim, readDecisions, readMigration, readOrigins, readPhase } from './metadata.ts';
import { migrationDocumentSchema } from './migration-document.ts';
import { specSchema } from './spec.ts';

const spec = specSchema.parse({
  name: 'docs',
  source: { collection: 'docs_v1' },
  target: { collection: 'docs_v2' },
  vectors: { '': { keep: '' } },
});
const record = {
  format: 1,
  id: 'm1',
  spec,
  resolved: { source: 'docs_v1', aliasBefore: null, serverVersion: '1.19.0', heldBack: { indexingThreshold: null, strictMode: null } },
  witness: {},
  vectors: {},
  owner: 'fleet',
  createdAt: '2026-01-01T00:00:00.000Z',
};

it('reads a record that was kept with fields which specs no longer have', () => {
  const older = {
    ...record,
    spec: { ...spec, throttle: { pointsPerSecond: null, maxSourceLatencyMs: null }, observe: { reverseSync: false } },
  };
  expect(migrationMetadataSchema.parse(JSON.parse(JSON.stringify(older))).spec).toEqual(spec);
});

it('keeps every limit of throttle: what is read back is what was said', () => {
  const throttle = {
    ...{ pointsPerSecond: 500, maxSearchLatencyMs: 30, criticalLatencyMs: 200 },
    ...{ share: 0.5, maxCostUsd: 40, maxDiskPercent: 85, maxMemoryPercent: 80 },
  };
  const said = specSchema.parse({ ...spec, throttle });
  const kept = JSON.parse(JSON.stringify({ ...record, spec: said }));
  expect(migrationMetadataSchema.parse(kept).spec).toEqual(said);
  expect(migrationDocumentSchema.shape.spec.parse(kept.spec)).toEqual(said);
});

it('keeps the word for reverse sync, which older specs had with nothing behind it', () => {
  const said = specSchema.parse({ ...spec, observe: { reverseSync: true } });
  const kept = JSON.parse(JSON.stringify({ ...record, spec: said }));
  expect(migrationMetadataSchema.parse(kept).spec.observe).toEqual({ reverseSync: true });
  expect(migrationDocumentSchema.shape.spec.parse(kept.spec).observe).toEqual({ reverseSync: true });
});

it('does not pass over a field of the spec that it does not know', () => {
  expect(migrationMetadataSchema.safeParse({ ...record, spec: { ...spec, later: 1 } }).success).toBe(false);
});

describe('what a collection says of itself', () => {
  it.each<[string, unknown, ReturnType<typeof readClaim>]>([
    ['a record', record, { id: 'm1', source: 'docs_v1' }],
    ['a record that this version does not read whole', { id: 'm1', format: 9 }, { id: 'm1', source: null }],
    ['a record whose source is no name', { id: 'm1', resolved: { source: 7 } }, { id: 'm1', source: null }],
    ['vectors that another program made', { vectors: {} }, null],
    ['an id that is none', { id: 7 }, null],
    ['a text', 'mine', null],
  ])('is read from %s', (_, reembed, claim) => {
    expect(readClaim({ reembed })).toEqual(claim);
  });

  it('is nothing where there is no collection, or nothing that is understood', () => {
    const read = [readClaim, readMigration, readOrigins, readPhase, readDecisions];
    const nothing = [null, null, {}, null, { approvals: [], overrides: [] }];
    expect(read.map((reader) => reader(undefined))).toEqual(nothing);
    const strange = { reembed: 7, 'reembed.phase': { number: -1 }, 'reembed.decisions': [] };
    expect(read.map((reader) => reader(strange))).toEqual(nothing);
  });

  it('is the whole record, with what made the vectors', () => {
    const vectors = { '': { model: 'a/b', dimensions: 4, text: '{{body}}' } };
    expect(readMigration({ reembed: { ...record, vectors } })).toMatchObject({ id: 'm1', vectors });
    expect(readOrigins({ reembed: { vectors } })).toEqual(vectors);
  });
});
