import { expect, it } from 'vitest';
import { migrationMetadataSchema } from './metadata.ts';
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

it('does not pass over a field of the spec that it does not know', () => {
  expect(migrationMetadataSchema.safeParse({ ...record, spec: { ...spec, later: 1 } }).success).toBe(false);
});
