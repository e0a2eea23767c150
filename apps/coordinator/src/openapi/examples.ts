import type {
  AuditEntry,
  AuditPage,
  Autoscale,
  BackfillRequest,
  CompareReply,
  DiscardReply,
  Failure,
  FailureChoice,
  HookDelivery,
  MigrationPage,
  MigrationView,
  SpecInput,
  SubmitReply,
  TrialReply,
} from '@reembed/contracts';
import { estimated, planned, reported, requantized, triedOut } from './long-examples.ts';

/** `working`: the reply with 202, where that says something else. */
export type Example = { readonly request?: unknown; readonly reply?: unknown; readonly working?: unknown };

const spec: SpecInput = {
  name: 'docs-to-3-large',
  source: { collection: 'docs_v1' },
  target: { collection: 'docs_v2', alias: 'docs' },
  vectors: { '': { embed: { model: 'openai/text-embedding-3-large', text: '{{title}}\n\n{{body}}' } } },
};

const copying: MigrationView = {
  ...{ id: 'mb03b9cab556f', name: 'docs-to-3-large', phase: 'copying', phaseNumber: 2, epoch: 1 },
  ...{ createdAt: '2026-01-05T09:00:00.000Z', updatedAt: '2026-01-05T09:00:04.000Z' },
  ...{ source: 'docs_v1', target: 'docs_v2', alias: 'docs' },
  owner: {
    ...{ id: '59de0762-9ce5-43bf-8525-56b76483da48', name: 'worker-1 (http://127.0.0.1:8765)' },
    ...{ aliveAt: '2026-01-05T09:03:00.000Z', releasedAt: null, endsWith: null },
  },
  possible: ['pause', 'cancel'],
  progress: {
    pass: { number: 1, kind: 'copy' },
    ...{ sourcePoints: 1_000_000, points: 52_000, setAside: 0, accepted: 0 },
    ranges: { total: 400, done: 26, failed: 0, splitDone: false },
    ...{ texts: 52_000, tokens: 13_400_000, batchTokens: 0, kept: 0, costUsd: 1.742, pointsPerSecond: 290, etaSeconds: 3_269 },
  },
  ...{
    waiting: null,
    bound: { by: 'provider', reason: 'ranges wait for the model that embeds, or for its limits, 93 % of the time' },
    pace: null,
    stoppedAt: null,
    fits: [],
    error: null,
    verification: null,
    lag: null,
    gates: null,
    overrides: [],
    blockedBy: [],
  },
  ...{ filling: null, reverseSync: null, bridge: null },
  ...{ lateWrites: { open: 0, findings: [] }, writers: null, rollback: null },
  next: 'Nothing: it goes on by itself.',
  queryChange: ['Embed queries with openai/text-embedding-3-large with 3072 dimensions and search "docs" without `using`.'],
};

/** The answer to a word: the migration has begun to move. */
const moving = (phase: MigrationView['phase']): MigrationView => ({ ...copying, phase, phaseNumber: 9, possible: [] });

const submitted: SubmitReply = { ...copying, how: 'created', changes: [] };

const failure: Failure = {
  ...{ id: { kind: 'integer', id: '812' }, vector: '', code: 'text-missing' },
  reason: 'point 812 has no text: payload field "body" is missing; set text or onMissingText',
  ...{ payloadHash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', accepted: false },
};

const hit = (id: string, score: number, text: string): CompareReply['queries'][number]['old'][number] => ({
  ...{ id: { kind: 'integer', id }, score, text },
});

const asked: AuditEntry = {
  ...{
    id: '019b8d4f-1c80-7000-8000-0242ac120002',
    act: '019b8d4f-1c80-7000-8000-0242ac120002',
    at: '2026-01-05T09:30:00.000Z',
    kind: 'asked',
  },
  ...{ what: 'switch', migration: 'mb03b9cab556f', name: 'ada', role: 'admin', knownBy: 'token', says: 'ada@laptop', from: '10.0.0.4' },
  ...{ words: null, phaseBefore: 'ready', phaseAfter: null, status: null, code: null },
};

/** Examples by operation: what is sent, and what is answered. A test holds each to its schema. */
export const examples: Readonly<Record<string, Example>> = {
  getAutoscale: {
    reply: {
      workers: 3,
      reason: 'mb03b9cab556f: 3, bound by workers (212 ranges wait for a worker while 12 are in hand)',
      migrations: [
        {
          ...{ id: 'mb03b9cab556f', name: 'docs-to-3-large', workers: 3 },
          ...{ boundBy: 'workers', reason: '212 ranges wait for a worker while 12 are in hand' },
        },
      ],
    } satisfies Autoscale,
  },
  submitMigration: { request: spec, reply: submitted },
  tryCandidates: {
    request: { specs: [spec] },
    reply: triedOut,
    working: {
      ...{ state: 'working', says: 'embedding and storing the sample: 512 of 3,000 points' },
      progress: { step: 'embedding and storing the sample', done: 512, of: 3_000, unit: 'points' },
    } satisfies TrialReply,
  },
  planMigration: { request: spec, reply: planned },
  estimatePoints: {
    request: { points: 1_000_000, meanChars: 800, models: ['openai/text-embedding-3-small'] },
    reply: estimated,
  },
  backfillVector: { request: { collection: 'docs', vector: 'large' } satisfies BackfillRequest, reply: submitted },
  adoptMigration: { request: { target: 'docs_v2' }, reply: { ...copying, how: 'adopted', changes: [] } satisfies SubmitReply },
  readAudit: { reply: { entries: [asked], unreadable: 0, next: null } satisfies AuditPage },
  listMigrations: {
    reply: { migrations: [copying], next: '2026-01-05T09:00:00.000Z~mb03b9cab556f', unreadable: [] } satisfies MigrationPage,
  },
  listHookDeliveries: {
    reply: {
      deliveries: [
        {
          ...{ id: 'mb03b9cab556f-ready-6-tell-search', hook: 'tell-search', state: 'delivered', attempts: 1, answer: 'answered 204' },
          ...{ lastAt: '2026-01-05T09:30:01.000Z', nextAt: null },
          message: {
            ...{ event: 'ready', at: '2026-01-05T09:30:00.000Z', migration: 'mb03b9cab556f', name: 'docs', phase: 'ready', phaseNumber: 6 },
            ...{ source: 'docs_v1', target: 'docs_v2', alias: 'docs', says: 'it is ready to be switched' },
          },
        },
      ],
    } satisfies { deliveries: HookDelivery[] },
  },
  listDeadLetters: {
    reply: {
      deadLetters: [
        {
          ...{ queue: 'stages', job: 'mb03b9cab556f-2', name: 'stage@1', at: '2026-01-05T09:03:00.000Z' },
          ...{ reason: 'has broken data: phaseNumber: wants a whole number', data: '{"migrationId":"mb03b9cab556f"}' },
        },
      ],
    },
  },
  getMigration: { reply: copying },
  tuneMigration: {
    request: { throttle: { pointsPerSecond: 500, maxCostUsd: null } },
    reply: {
      ...copying,
      pace: { pointsPerSecond: 500, reasons: ['at most 500 points/s by throttle.pointsPerSecond'] },
      changes: [
        { field: 'throttle.pointsPerSecond', before: 'null', after: '500', from: 'at once' },
        { field: 'throttle.maxCostUsd', before: '20', after: 'null', from: 'at once' },
      ],
    },
  },
  pauseMigration: { request: {}, reply: moving('pausing') },
  resumeMigration: { request: { allowDeletes: 120 }, reply: moving('syncing') },
  cancelMigration: { request: {}, reply: moving('cancelling') },
  verifyMigration: { request: {}, reply: moving('verifying') },
  switchMigration: {
    request: { override: { gate: 'quality', reason: 'the lost queries are of a product that is gone' } },
    reply: moving('switching'),
  },
  rollbackMigration: { request: { loseWrites: 3 }, reply: moving('rolling-back') },
  completeMigration: { request: { confirm: 'docs_v1' }, reply: moving('completing') },
  listFailures: { reply: { failures: [failure], next: null } },
  retryFailures: { request: { code: 'text-missing' } satisfies FailureChoice, reply: copying.progress },
  discardMigration: {
    request: { confirm: 'docs_v2' },
    reply: { id: copying.id, deleted: 'docs_v2', forgotten: true } satisfies DiscardReply,
  },
  acceptFailures: { request: { ids: ['812'] } satisfies FailureChoice, reply: copying.progress },
  listLateWrites: { reply: { lateWrites: [{ kind: 'missing', id: { kind: 'integer', id: '1000001' } }], next: null } },
  settleLateWrites: { request: { act: 'insert-missing' }, reply: moving('inserting-late') },
  compareSearches: {
    request: { queries: ['how to move a collection'], limit: 1 },
    reply: {
      queries: [{ query: 'how to move a collection', old: [hit('7', 0.61, 'Aliases')], new: [hit('812', 0.72, 'Moving a collection')] }],
    } satisfies CompareReply,
  },
  getReport: { reply: reported },
  requantize: { request: { collection: 'docs', quantization: { scalar: {} } }, reply: requantized },
  isAlive: { reply: { status: 'ok' } },
  isReady: { reply: { qdrant: 'ok', redis: 'ok', workers: 2 } },
};
