/** A process that has metrics. */
export type MeasuredApp = 'coordinator' | 'worker' | 'gateway';

export type MetricRow = {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** In a sentence, with the unit. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Who has it. */
  readonly of: readonly MeasuredApp[];
};

const all: readonly MeasuredApp[] = ['coordinator', 'worker', 'gateway'];
const coordinator: readonly MeasuredApp[] = ['coordinator'];
const worker: readonly MeasuredApp[] = ['worker'];
const asksModels: readonly MeasuredApp[] = ['worker', 'gateway'];

/** Every metric there is: what is not here cannot be counted. `docs/metrics.md` is written from it, dashboard and alerts are held against it. */
export const metricTable = {
  reembed_build_info: { type: 'gauge', help: 'Always 1; which version runs.', labels: ['version'], of: all },
  reembed_qdrant_request_seconds: {
    type: 'histogram',
    help: 'How long requests to Qdrant take, in seconds. `outcome`: ok, an error code, or other (stopped meanwhile).',
    labels: ['operation', 'transport', 'outcome'],
    of: all,
  },
  reembed_provider_request_seconds: {
    type: 'histogram',
    help: 'How long requests to providers of models take, in seconds. `outcome`: ok, an error code, or other (stopped meanwhile).',
    labels: ['model', 'outcome'],
    of: asksModels,
  },
  reembed_provider_rate_limited_total: {
    type: 'counter',
    help: 'Requests that a provider answered with 429 or its like.',
    labels: ['model'],
    of: asksModels,
  },
  reembed_texts_total: { type: 'counter', help: 'Texts that were embedded.', labels: ['model'], of: asksModels },
  reembed_tokens_total: {
    type: 'counter',
    help: 'Tokens that were embedded, as the provider billed them where it says.',
    labels: ['model'],
    of: asksModels,
  },
  reembed_cost_usd_total: {
    type: 'counter',
    help: 'List price of those tokens, by request or by batch, in US dollars; models whose price is not known have none.',
    labels: ['model'],
    of: asksModels,
  },

  reembed_shadow_searches_total: {
    type: 'counter',
    help: 'Searches that the new side of a migration was to be asked too. `outcome`: compared, failed, over-budget.',
    labels: ['outcome'],
    of: ['gateway'],
  },
  reembed_shadow_agreed_total: {
    type: 'counter',
    help: 'Of searches that both sides were asked, the share of the first one or ten points (`at`) that both found, added up: over those compared it is the mean. A difference, and no verdict.',
    labels: ['at'],
    of: ['gateway'],
  },
  reembed_side_search_seconds: {
    type: 'histogram',
    help: 'How long searches of either side of a migration take, in seconds. `side`: old, new; `why`: shadow, split.',
    labels: ['side', 'why'],
    of: ['gateway'],
  },
  reembed_side_empty_total: {
    type: 'counter',
    help: 'Searches of either side of a migration that found nothing.',
    labels: ['side', 'why'],
    of: ['gateway'],
  },
  reembed_gateway_request_seconds: {
    type: 'histogram',
    help: 'How long applications wait for the gateway, in seconds. `kind`: what is asked, or passed-on; `status`: 2xx, 4xx, 5xx, or gone, where the application did not wait for an answer.',
    labels: ['kind', 'status'],
    of: ['gateway'],
  },

  reembed_points_total: {
    type: 'counter',
    help: 'Points of the source that this worker has covered: their page is acknowledged and checkpointed. A comparison covers them anew.',
    labels: ['migration'],
    of: worker,
  },
  reembed_ranges_total: {
    type: 'counter',
    help: 'Range jobs that have ended here. `outcome`: done, again (put back, to be tried later), interrupted.',
    labels: ['outcome'],
    of: worker,
  },
  reembed_ranges_in_hand: { type: 'gauge', help: 'Range jobs that this worker is at.', labels: [], of: worker },
  reembed_concurrency: { type: 'gauge', help: 'Range jobs that this worker takes at once.', labels: [], of: worker },
  reembed_waits_total: {
    type: 'counter',
    help: 'How often work was held up, by why: an error code, or held where a provider wants to be left alone.',
    labels: ['code'],
    of: worker,
  },
  reembed_waits_open: { type: 'gauge', help: 'What holds work up now, by why.', labels: ['code'], of: worker },
  reembed_held_back_seconds_total: {
    type: 'counter',
    help: 'Seconds that ranges stood still, summed. `by`: budget (limits of providers) or pace (throttle of the spec, and how searches are felt).',
    labels: ['by'],
    of: worker,
  },
  reembed_points_set_aside_total: {
    type: 'counter',
    help: 'Points that this worker has set aside, by the error code of the reason.',
    labels: ['code'],
    of: worker,
  },
  reembed_worker_healthy: { type: 'gauge', help: '1 where /healthz says so, else 0.', labels: [], of: worker },

  reembed_reachable: { type: 'gauge', help: '1 where the server answers this process, else 0.', labels: ['server'], of: coordinator },
  reembed_workers: { type: 'gauge', help: 'Workers that have given a sign of life lately.', labels: [], of: coordinator },
  reembed_migrations: { type: 'gauge', help: 'Migrations that Redis knows, by phase.', labels: ['phase'], of: coordinator },
  reembed_dead_letters: { type: 'gauge', help: 'Jobs that nobody could work on.', labels: [], of: coordinator },
  reembed_model_calls_in_hand: { type: 'gauge', help: 'Model calls of stages that a worker is at.', labels: [], of: coordinator },
  reembed_migration_phase: {
    type: 'gauge',
    help: 'Always 1; the phase that a migration under way is in.',
    labels: ['migration', 'phase'],
    of: coordinator,
  },
  reembed_migration_source_points: {
    type: 'gauge',
    help: 'Points that the pass under way has to cover.',
    labels: ['migration'],
    of: coordinator,
  },
  reembed_migration_points: { type: 'gauge', help: 'Points that it has covered.', labels: ['migration'], of: coordinator },
  reembed_migration_points_per_second: {
    type: 'gauge',
    help: 'Points a second over the last half minute of work; absent before there is as much to go by.',
    labels: ['migration'],
    of: coordinator,
  },
  reembed_migration_eta_seconds: {
    type: 'gauge',
    help: 'Seconds that the pass takes yet at that pace; absent while it waits.',
    labels: ['migration'],
    of: coordinator,
  },
  reembed_migration_texts: { type: 'gauge', help: 'Texts embedded so far, over all passes.', labels: ['migration'], of: coordinator },
  reembed_migration_tokens: { type: 'gauge', help: 'Tokens of those texts.', labels: ['migration'], of: coordinator },
  reembed_migration_cost_usd: {
    type: 'gauge',
    help: 'List price of those tokens, in US dollars; absent where the price is not known.',
    labels: ['migration'],
    of: coordinator,
  },
  reembed_migration_ranges: {
    type: 'gauge',
    help: 'Ranges of the pass under way. `state`: total, done, failed.',
    labels: ['migration', 'state'],
    of: coordinator,
  },
  reembed_migration_queue_jobs: {
    type: 'gauge',
    help: 'Range jobs that are not finished. `state`: active (a worker holds it) or queued (waiting or delayed).',
    labels: ['migration', 'state'],
    of: coordinator,
  },
  reembed_migration_set_aside: {
    type: 'gauge',
    help: 'Points set aside. `state`: open or accepted. Absent while Qdrant does not say.',
    labels: ['migration', 'state'],
    of: coordinator,
  },
  reembed_migration_lag_points: {
    type: 'gauge',
    help: 'Differences between source and target that the last sync pass found and mended; after a two-step switch, points that lack a vector.',
    labels: ['migration'],
    of: coordinator,
  },
  reembed_migration_lag_age_seconds: {
    type: 'gauge',
    help: 'Seconds since that pass ended: how old the target may be.',
    labels: ['migration'],
    of: coordinator,
  },
  reembed_migration_late_writes: {
    type: 'gauge',
    help: 'Writes that came to the old collection while the alias moved, and are not dealt with.',
    labels: ['migration'],
    of: coordinator,
  },
  reembed_migration_waiting_seconds: {
    type: 'gauge',
    help: 'Seconds that it has been waiting, by kind; absent where it does not wait.',
    labels: ['migration', 'kind'],
    of: coordinator,
  },
  reembed_migration_wanted_workers: {
    type: 'gauge',
    help: 'Workers that it has use for, as /v1/autoscale says.',
    labels: ['migration'],
    of: coordinator,
  },
  reembed_migration_bound: {
    type: 'gauge',
    help: 'Always 1; what keeps it from going faster. `by`: word, a kind of wait, throttle, provider, source, qdrant, cpu, ranges, workers, or stage where a coordinator does the work.',
    labels: ['migration', 'by'],
    of: coordinator,
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof metricTable;

/** The labels of a metric, each with a value. */
export type LabelsOf<Name extends MetricName> = Readonly<Record<(typeof metricTable)[Name]['labels'][number], string>>;

export type MetricOf<Type extends MetricRow['type']> = {
  [Name in MetricName]: (typeof metricTable)[Name]['type'] extends Type ? Name : never;
}[MetricName];
