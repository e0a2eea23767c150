import type { AdapterHeader } from '@reembed/contracts';
import { type Adapters, ReembedError } from '@reembed/core';

/** Knows the adapters given, by name. */
export function createFakeAdapters(headers: Readonly<Record<string, AdapterHeader>> = {}): Adapters {
  return {
    async header(name) {
      const header = headers[name];
      if (header === undefined) throw new ReembedError('invalid-adapter', `adapter ${name} does not exist`);
      return header;
    },
  };
}

/** From two dimensions to three, ridge, learnt from `docs_v1`. */
export function buildAdapterHeader(change: Partial<AdapterHeader> = {}): AdapterHeader {
  const scores = { overlapAt10: 0.42, ndcgAt10: null };
  return {
    format: 1,
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
    },
    normalise: true,
    createdAt: '2026-11-22T12:00:00.000Z',
    sha256: 'a'.repeat(64),
    ...change,
  };
}
