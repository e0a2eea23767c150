import type { Gates, Verdict } from '@reembed/contracts';

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
      detectable: null,
      judged: null,
      metrics: [],
      systems: [],
      knownItems: null,
      overlap: null,
      rbo: null,
      differences: [],
      lost: [],
      won: [],
      scores: null,
      latencyMs: null,
    },
  };
}
