import type { AdapterHeader } from '@reembed/contracts';
import { type Adapters, type Projection, ReembedError } from '@reembed/core';

/** Knows the adapters given, by name; `mapOf` is what stands for the map of one. */
export function createFakeAdapters(headers: Readonly<Record<string, AdapterHeader>> = {}, mapOf = padWithOnes): Adapters {
  const header = (name: string): AdapterHeader => {
    const found = headers[name];
    if (found === undefined) throw new ReembedError('invalid-adapter', `adapter ${name} does not exist`);
    return found;
  };
  return {
    header: async (name) => header(name),
    async projection(name, sha256) {
      const found = header(name);
      if (found.sha256 !== sha256)
        throw new ReembedError('adapter-changed', `adapter ${name} is ${found.sha256}, and ${sha256} was planned: put it there and resume`);
      return mapOf(found);
    },
  };
}

/** A map that leaves the values as they are, and ones behind them. */
function padWithOnes({ from, to }: AdapterHeader): Projection {
  return (rows) =>
    Float32Array.from({ length: (rows.length / from.dimensions) * to.dimensions }, (_, at) => {
      const column = at % to.dimensions;
      return column < from.dimensions ? (rows[Math.floor(at / to.dimensions) * from.dimensions + column] ?? 0) : 1;
    });
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
