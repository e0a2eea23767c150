import { randomUUID } from 'node:crypto';
import { type AdapterHeader, type Gates, type PointId, type SearchProfile, specSchema, type Verdict } from '@reembed/contracts';
import { type Migration, newMigration } from '@reembed/core';

/** An id that no other test has. */
export const newId = () => `m-${randomUUID().slice(0, 8)}`;

export function integerId(id: number | string | bigint): PointId {
  return { kind: 'integer', id: String(id) };
}

/** A migration document as a test wants it. Id, target and alias are new with every call. */
export function buildMigration(change: Partial<Migration> & { target?: string; alias?: string | null } = {}): Migration {
  const { target, alias, ...fields } = change;
  const id = fields.id ?? newId();
  const fresh = newMigration({
    id,
    spec: specSchema.parse({
      name: id,
      source: { collection: 'docs_v1' },
      target: { collection: target ?? `docs-${id}`, alias: alias === undefined ? `alias-${id}` : alias },
      vectors: { '': { embed: { model: 'hash/64', text: '{{body}}' } } },
    }),
    resolved: {
      source: 'docs_v1',
      aliasBefore: 'docs_v1',
      serverVersion: '1.19.0',
      sourceVectors: {},
      sameSpace: [],
      changedKind: null,
      heldBack: { indexingThreshold: null, strictMode: null },
      addedVectors: [],
      storedAs: {},
      avgLen: {},
      adapters: {},
      textFile: null,
      earlier: null,
      reverse: null,
    },
    owner: 'fleet',
    createdAt: '2026-01-01T00:00:00.000Z',
  });
  return { ...fresh, ...fields };
}

/** What gates measured, as a test wants it: nothing but verdicts. */
export function buildGates({ fidelity = 'pass', quality = 'not-measured' }: { fidelity?: Verdict; quality?: Verdict } = {}): Gates {
  return {
    at: '2026-01-01T00:00:00.000Z',
    fidelity: { verdict: fidelity, checks: [{ name: 'points', verdict: fidelity, message: `points ${fidelity}`, ids: [] }] },
    quality: {
      verdict: quality,
      basis: 'none',
      reasons: [`quality ${quality}`],
      queries: 0,
      labelled: 0,
      independent: 0,
      detectable: null,
      judged: null,
      metrics: [],
      slices: [],
      systems: [],
      fusion: null,
      knownItems: null,
      overlap: null,
      rbo: null,
      differences: [],
      lost: [],
      won: [],
      changed: [],
      scores: null,
      scoreKinds: null,
      threshold: null,
      equalRecall: null,
      latencyMs: null,
    },
  };
}

/** A search profile with the schema's defaults. */
export function buildProfile(given: object = {}): SearchProfile {
  const { old } = specSchema.shape.search.parse({ old: given });
  return old;
}

/** From two dimensions to three, ridge, learnt from `docs_v1`. */
export function buildAdapterHeader(change: Partial<AdapterHeader> = {}): AdapterHeader {
  const scores = { overlapAt10: 0.42, ndcgAt10: null };
  return {
    format: 2,
    kind: 'ridge',
    from: { model: null, dimensions: 2, text: null },
    to: { model: 'fake/4', dimensions: 3, text: '{{body}}' },
    source: { collection: 'docs_v1', vector: '' },
    fit: {
      pairs: 80,
      heldOut: 20,
      seed: 's',
      stratify: null,
      strata: {},
      lambda: 0.1,
      scores: { ridge: scores, procrustes: scores },
      trueNdcgAt10: null,
      oldOverlapAt10: 0.3,
    },
    normalise: true,
    createdAt: '2026-11-22T12:00:00.000Z',
    sha256: 'a'.repeat(64),
    ...change,
  };
}
