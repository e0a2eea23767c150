import type { ComparedQuery, MetricRow, QualitySlice, Report, SearchSystem, ShownHit, Verdict } from '@reembed/contracts';

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 22, 9, minutes)).toISOString();
export const pointId = (id: number | string) => ({ kind: 'integer', id: `${id}` }) as const;

/** A report with nothing measured: the migration has only been submitted. */
export function buildEmptyReport(change: Partial<Report> = {}): Report {
  return {
    format: 1,
    at: at(1),
    migration: { id: 'm1', name: 'docs-to-e5', phase: 'preparing', source: 'docs_v1', target: 'docs_v2', alias: null, createdAt: at(0) },
    verdict: 'not-measured',
    headline: 'Not verified yet: the migration is preparing.',
    gates: null,
    overrides: [],
    counts: { source: 0, target: 0, compared: 0, setAside: 0, accepted: 0, findings: [] },
    cost: { texts: 0, tokens: 0, usd: null, kept: 0 },
    trial: null,
    phases: [],
    throughput: [],
    setAside: [],
    collections: { old: null, new: null },
    oldVectors: [],
    vectors: [],
    queryChange: [],
    bridge: [],
    searches: null,
    shadow: null,
    ...change,
  };
}

/** A report in which everything was measured, and search got better. */
export function buildReport(change: Partial<Report> = {}): Report {
  return {
    ...buildEmptyReport(),
    at: at(58),
    migration: { id: 'm1', name: 'docs-to-e5', phase: 'ready', source: 'docs_v1', target: 'docs_v2', alias: 'docs', createdAt: at(0) },
    verdict: 'pass',
    headline: 'The new collection is complete, and search got better: it is safe to switch.',
    gates: buildGates(),
    counts: {
      source: 128_400,
      target: 128_397,
      compared: 128_400,
      setAside: 1,
      accepted: 2,
      findings: [{ kind: 'payload-differs', count: 12, ids: [3, 81, 4711, 9000, 9001, 18_014].map(pointId) }],
    },
    cost: { texts: 128_397, tokens: 24_180_331, usd: 3.1434, kept: 0 },
    phases: phaseTimes,
    throughput: [...rates(4, 30), ...rates(44, 6)],
    setAside: [
      { id: pointId('18446744073709551615'), vector: '', code: 'text-missing', reason: 'payload field "body" is missing', accepted: true },
      {
        id: pointId(812),
        vector: 'large',
        code: 'text-too-long',
        reason: 'the text has 9,120 tokens, the model takes 8,192',
        accepted: true,
      },
      {
        id: { kind: 'uuid', id: '6f1c5b1e-2b1f-4c59-9e3d-0f4d3c1b2a10' },
        vector: 'large',
        code: 'provider-refused-text',
        reason: 'the provider refused the text: flagged by its content filter',
        accepted: false,
      },
    ],
    collections: {
      old: collection(384, { on_disk: true }),
      new: collection(1024, { quantization_config: { scalar: { type: 'int8', quantile: 0.99 } } }),
    },
    oldVectors: [{ name: '', model: 'openai/text-embedding-ada-002' }],
    vectors: [
      { name: '', recipe: 'keep ""', model: null },
      { name: 'large', recipe: 'embed', model: 'openai/text-embedding-3-large' },
    ],
    queryChange: [
      'Embed queries with openai/text-embedding-3-large, cut to 1024 dimensions.',
      'Search with using: "large".',
      'Set score thresholds again: the scores of the two models do not compare.',
    ],
    bridge: [],
    searches: null,
    shadow: null,
    ...change,
  };
}

const phaseTimes: Report['phases'] = [
  { phase: 'preparing', from: at(0), tookMs: 8200, waitedMs: 0, idle: false },
  { phase: 'copying', from: at(1), tookMs: 2_014_000, waitedMs: 0, idle: false },
  { phase: 'indexing', from: at(35), tookMs: 312_000, waitedMs: 0, idle: false },
  { phase: 'verifying', from: at(40), tookMs: 96_000, waitedMs: 0, idle: false },
  { phase: 'syncing', from: at(42), tookMs: 481_000, waitedMs: 0, idle: false },
  { phase: 'verifying', from: at(50), tookMs: 91_000, waitedMs: 0, idle: false },
];

/** One sample a minute, a wave around sixty-two points a second. */
function rates(from: number, count: number): Report['throughput'] {
  return Array.from({ length: count }, (_, minute) => ({
    at: at(from + minute),
    pointsPerSecond: 62 + 14 * Math.sin((from + minute) / 2),
  }));
}

function collection(size: number, more: Record<string, unknown>): Record<string, unknown> {
  return {
    params: { vectors: { '': { size, distance: 'Cosine' } }, shard_number: 1, replication_factor: 1, write_consistency_factor: 1 },
    hnsw_config: { m: 16, ef_construct: 100, full_scan_threshold: 10_000, max_indexing_threads: 0 },
    optimizer_config: { indexing_threshold: 10_000, flush_interval_sec: 5 },
    quantization_config: null,
    ...more,
  };
}

function buildGates(): NonNullable<Report['gates']> {
  return {
    at: at(52),
    fidelity: {
      verdict: 'pass',
      checks: [
        {
          name: 'points',
          verdict: 'pass',
          message: '128,397 of 128,400 points are there; the 3 missing are set aside, 2 of them accepted',
          ids: [],
        },
        { name: 'payloads', verdict: 'pass', message: 'all 128,397 payloads are equal', ids: [] },
        {
          name: 'embedded-again',
          verdict: 'pass',
          message: '100 sampled points embedded again: the lowest cosine is 0.99991, wanted 0.999',
          ids: [],
        },
        {
          name: 'ann-recall',
          verdict: 'pass',
          message: 'recall@10 is 0.962 over 100 queries, wanted 0.95',
          ids: [pointId(17), pointId(18)],
        },
      ],
    },
    quality: {
      verdict: 'pass',
      basis: 'labels',
      reasons: [
        'The lower bound of the nDCG@10 difference, +0.031, is at or above minNdcgDelta, −0.020.',
        'Of the new results 71 % are judged.',
      ],
      queries: 225,
      labelled: 185,
      independent: 172,
      detectable: 0.043,
      judged: { old: 0.84, new: 0.71 },
      metrics,
      slices: [
        buildSlice('en', 'pass', 98, { old: 0.371, new: 0.452, difference: 0.081, lower: 0.036, upper: 0.127 }),
        buildSlice(null, 'pass', 61, { old: 0.322, new: 0.343, difference: 0.021, lower: -0.042, upper: 0.083 }),
        buildSlice('fr', 'not-measured', 33, { old: 0.331, new: 0.36, difference: 0.029, lower: -0.051, upper: 0.101 }),
        buildSlice('it', 'not-measured', 28, { old: 0.312, new: 0.323, difference: 0.011, lower: -0.078, upper: 0.095 }),
      ],
      systems: [
        buildSystem('"large" alone (openai/text-embedding-3-large)', 0.431, { difference: -0.019, lower: -0.034, upper: -0.002 }),
        buildSystem('"words" alone (qdrant/bm25)', 0.376, { difference: 0.036, lower: 0.011, upper: 0.058 }),
        { ...buildSystem('"large" + "words", rrf', 0.412, null), role: 'whole', asked: true, overlap: 1 },
      ],
      fusion: {
        ...{ basis: 'labels', queries: 185, independent: 172, tried: 30, asked: 'rrf', best: 'rrf, k 2, weights 5 : 1', advised: true },
        heldOut: { difference: 0.021, lower: 0.007, upper: 0.035 },
        ways: [
          { name: '"words" alone (qdrant/bm25)', ndcg: 0.376, gains: { difference: -0.036, lower: -0.058, upper: -0.011 }, search: {} },
          { name: 'rrf', ndcg: 0.412, gains: null, search: {} },
          { name: 'rrf, k 2, weights 5 : 1', ndcg: 0.437, gains: { difference: 0.025, lower: 0.009, upper: 0.041 }, search: {} },
        ],
      },
      knownItems: { queries: 200, mrr: { old: 0.801, new: 0.874 }, recall: { old: 0.93, new: 0.965 } },
      overlap: 0.412,
      rbo: 0.388,
      differences: Array.from({ length: 185 }, (_, query) => ({ query: `q${query}`, difference: curve(query / 184) })),
      lost: [
        comparedQuery('147', 'what design factors can be used to control lift-drag ratios at mach numbers above 5', 0.71, 0.12),
        comparedQuery('9', 'papers on internal /slip flow/ heat transfer studies', 0.52, 0.2),
      ],
      won: [
        comparedQuery('61', 'has anyone explained the kink in the surge line of a multi-stage axial compressor', 0, 0.92),
        comparedQuery('12', 'قوة الرفع على جناح رقيق', 0.31, 0.88),
      ],
      changed: [],
      scoreKinds: { old: 'Cosine', new: 'Cosine' },
      scores: {
        old: histogram(0.2, 0.9, 0.55, 0.11, { p5: 0.371, p50: 0.549, p95: 0.733 }),
        new: histogram(0.7, 0.95, 0.84, 0.03, { p5: 0.79, p50: 0.841, p95: 0.889 }),
      },
      threshold: null,
      equalRecall: null,
      latencyMs: { old: { p50: 3.1, p95: 7.9 }, new: { p50: 4.4, p95: 11.2 } },
    },
  };
}

export function buildSlice(
  value: string | null,
  verdict: Verdict,
  queries: number,
  numbers: Pick<QualitySlice, 'old' | 'new' | 'difference' | 'lower' | 'upper'>,
): QualitySlice {
  return { field: 'language', value, verdict, queries, independent: queries, mode: 'exact', level: 0.975, ...numbers };
}

function buildSystem(name: string, ndcg: number, wholeGains: SearchSystem['wholeGains']): SearchSystem {
  const metrics = { ndcg, recall: ndcg + 0.04, mrr: ndcg + 0.1 };
  return { name, role: 'part', asked: false, metrics, wholeGains, askedGains: null, overlap: 0.62, empty: 0 };
}

const metrics: MetricRow[] = (['exact', 'indexed'] as const).flatMap((mode): MetricRow[] => [
  { metric: 'ndcg@10', mode, old: 0.355, new: 0.412, difference: 0.057, lower: 0.031, upper: 0.084 },
  { metric: 'recall@10', mode, old: 0.42, new: 0.455, difference: 0.035, lower: -0.004, upper: 0.073 },
  { metric: 'mrr@10', mode, old: 0.501, new: 0.488, difference: -0.013, lower: -0.046, upper: 0.021 },
]);

/** Losses on the left, a plain in the middle, more gains on the right. */
function curve(share: number): number {
  const away = share - 0.42;
  return Math.abs(away) < 0.09 ? 0 : Math.max(-0.75, Math.min(0.95, 4.2 * away ** 3 + 0.25 * away));
}

function histogram(from: number, to: number, mean: number, deviation: number, quantiles: { p5: number; p50: number; p95: number }) {
  const edges = Array.from({ length: 31 }, (_, bin) => from + ((to - from) * bin) / 30);
  const counts = edges.slice(1).map((edge) => Math.round(300 * Math.exp(-((edge - mean) ** 2) / (2 * deviation ** 2))));
  return { edges, counts, ...quantiles };
}

/** A query with three results on either side, one of them on both. */
export function comparedQuery(id: string, text: string, old: number, now: number): ComparedQuery {
  return {
    id,
    text,
    ndcg: { old, new: now },
    overlap: 0.2,
    rbo: 0.243,
    old: [hit(1302, 0.731, 1), hit(486, 0.702, null), hit(90, 0.644, 0)],
    new: [hit(90, 0.871, 0), hit(1302, 0.869, 1), hit(733, 0.855, null)],
  };
}

export function hit(id: number, score: number, relevance: number | null): ShownHit {
  const text =
    'An experimental study of a wing in a propeller slipstream was made in order to determine the spanwise distribution of the lift increase due to slipstream at different angles of attack of the wing and at different free stream to slipstream velocity ratios. The results were intended in part as an evaluation basis for different theoretical treatments of this problem.';
  return { id: pointId(id), score, text, relevance };
}
