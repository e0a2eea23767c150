import { z } from 'zod';
import { keySchema, serverAddress, withoutSecrets } from './address.ts';
import { payloadKeySchema } from './payload-key.ts';

/** A setting that one environment variable gives; secrets are never printed. `sentTo`: the field with the address that a key is for. */
export type SettingMeta = { readonly env: string; readonly description: string; readonly secret?: boolean; readonly sentTo?: string };

/** Describes a field of an app's settings: its variable and a sentence with the unit. */
export function setting<Schema extends z.ZodType>(schema: Schema, meta: SettingMeta): Schema {
  return schema.meta({ ...meta });
}

const port = z.coerce.number().int().min(0).max(65_535);
const ms = z.coerce.number().int().positive();

const redisAddress = serverAddress(['redis', 'rediss', 'unix'], 'redis://localhost:6379');

/** Where traces go: by the names that OpenTelemetry has for it. */
const traceSettings = {
  tracesUrl: setting(serverAddress(['http', 'https'], 'http://localhost:4318').optional(), {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description: 'Where OpenTelemetry traces go, by OTLP over http with JSON; default: there are none.',
  }),
  tracesHeaders: setting(z.string().optional(), {
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    description: 'Headers for that server, as `name=value,name=value`.',
    secret: true,
  }),
  tracesShare: setting(z.coerce.number().min(0).max(1).default(1), {
    env: 'OTEL_TRACES_SAMPLER_ARG',
    description: 'The share of traces that is kept, 0 to 1; a trace that came with a request is kept as its sender says.',
  }),
};

/** Where the three outside parts are: shared by every app. */
export const connectionSettings = {
  qdrantUrl: setting(serverAddress(['http', 'https'], 'http://localhost:6333').default('http://127.0.0.1:6333'), {
    env: 'QDRANT_URL',
    description: 'The REST address of Qdrant; `host:port` means http. A user and a password in it are sent, and never shown.',
  }),
  qdrantGrpcUrl: setting(serverAddress(['http', 'https'], 'http://localhost:6334').optional(), {
    env: 'QDRANT_GRPC_URL',
    description:
      'The gRPC address of the same Qdrant, https where it speaks TLS; default: port 6334 of the same host, where QDRANT_URL names port 6333, 443 or none.',
  }),
  qdrantApiKey: setting(keySchema.optional(), {
    env: 'QDRANT_API_KEY',
    description: 'The API key of Qdrant, where it wants one.',
    secret: true,
    sentTo: 'qdrantUrl',
  }),
  redisUrl: setting(redisAddress.default('redis://127.0.0.1:6379'), {
    env: 'REDIS_URL',
    description: 'The address of Redis.',
    secret: true,
  }),
  redisPrefix: setting(z.string().min(1).default('{reembed}'), {
    env: 'REEMBED_REDIS_PREFIX',
    description: 'What all keys in Redis begin with; fleets that share a Redis need one each.',
  }),
  payloadKey: setting(payloadKeySchema.optional(), {
    env: 'REEMBED_PAYLOAD_KEY',
    description:
      'The key that texts and vectors are sealed by in Redis, 32 bytes in base64, the same for every coordinator and worker; several, separated by commas, to change it: the first seals, each opens.',
    secret: true,
  }),
  configFile: setting(z.string().optional(), {
    env: 'REEMBED_CONFIG',
    description: 'The file of model names; default ./reembed.config.yaml where it exists.',
  }),
  filesDir: setting(z.string().min(1).default('./files'), {
    env: 'REEMBED_FILES',
    description: 'The directory of adapters and text files that specs name; every process of a fleet needs the same files there.',
  }),
  modelsDir: setting(z.string().min(1).default('./models'), {
    env: 'REEMBED_MODELS',
    description: 'The directory of ONNX sentence models: folders that reembed.config.yaml names, and what is downloaded from the hub.',
  }),
  requestTimeoutMs: setting(ms.default(30_000), {
    env: 'REEMBED_REQUEST_TIMEOUT_MS',
    description:
      'How long one request to Qdrant may take, in ms: the same for every process of a fleet, because a closed fence waits it out.',
  }),
  lockDurationMs: setting(ms.default(15_000), {
    env: 'REEMBED_LOCK_MS',
    description: 'How long a job stays with a worker that gives no sign of life, in ms.',
  }),
  stalledIntervalMs: setting(ms.default(5_000), {
    env: 'REEMBED_STALLED_MS',
    description: 'How often jobs without a living worker are looked for, in ms.',
  }),
  ...traceSettings,
  logLevel: setting(z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'), {
    env: 'REEMBED_LOG',
    description: 'How much is logged, as JSON lines on stderr.',
  }),
};

/** What models there are, for commands that need nothing else. */
export const modelSettingsSchema = z.strictObject({ configFile: connectionSettings.configFile, modelsDir: connectionSettings.modelsDir });

/** The small server of a process that has no API of its own: metrics, and whether it is well. */
const statusSettings = {
  statusHost: setting(z.string().default('127.0.0.1'), {
    env: 'REEMBED_STATUS_HOST',
    description: 'The address that `/metrics` and `/healthz` are served on; beyond loopback REEMBED_STATUS_TOKEN is required.',
  }),
  statusPort: setting(port.default(0), {
    env: 'REEMBED_STATUS_PORT',
    description: 'The port of that address; 0 takes a free one, and the log says which.',
  }),
  statusToken: setting(keySchema.refine((token) => token.length >= 16, 'wants at least 16 characters').optional(), {
    env: 'REEMBED_STATUS_TOKEN',
    description: 'The bearer token that `/metrics` there wants, at least 16 characters; `/healthz` wants none.',
    secret: true,
  }),
};

export const workerSettingsSchema = z.strictObject({
  ...connectionSettings,
  ...statusSettings,
  concurrency: setting(z.coerce.number().int().min(1).max(256).default(4), {
    env: 'REEMBED_CONCURRENCY',
    description: 'Ranges that one worker process works on at once.',
  }),
  graceMs: setting(ms.default(10_000), {
    env: 'REEMBED_GRACE_MS',
    description: 'How long work in hand may take to stop after SIGTERM, in ms.',
  }),
  vectorCacheMb: setting(z.coerce.number().int().min(0).max(100_000).default(0), {
    env: 'REEMBED_VECTOR_CACHE_MB',
    description:
      'Room in Redis, in MB for each size of vectors, for those of texts that were embedded: a text that comes again in a migration is not paid again. Hashes of texts are kept there, and no text; 0: none.',
  }),
});
export type WorkerSettings = z.infer<typeof workerSettingsSchema>;

export const coordinatorSettingsSchema = z.strictObject({
  ...connectionSettings,
  host: setting(z.string().default('127.0.0.1'), {
    env: 'REEMBED_HOST',
    description: 'The address to listen on; beyond loopback REEMBED_TOKEN or REEMBED_ACCESS is required.',
  }),
  port: setting(port.default(8765), { env: 'REEMBED_PORT', description: 'The port to listen on; 0 takes a free one.' }),
  token: setting(keySchema.refine((token) => token.length >= 16, 'wants at least 16 characters').optional(), {
    env: 'REEMBED_TOKEN',
    description: 'The one token of admins, at least 16 characters. Where people have tokens of their own, REEMBED_ACCESS says so.',
    secret: true,
  }),
  accessFile: setting(z.string().optional(), {
    env: 'REEMBED_ACCESS',
    description: 'The file that says who may do what: tokens with names, an identity provider, a proxy that knows people.',
  }),
  tlsCert: setting(z.string().optional(), {
    env: 'REEMBED_TLS_CERT',
    description: 'The file of the certificate, in PEM with its chain, to serve https by; together with REEMBED_TLS_KEY.',
  }),
  tlsKey: setting(z.string().optional(), {
    env: 'REEMBED_TLS_KEY',
    description: 'The file of the key of that certificate, in PEM, read once.',
  }),
  boardWritable: setting(z.stringbool().default(false), {
    env: 'REEMBED_BOARD_WRITABLE',
    description: 'Whether Bull Board may change queues.',
  }),
  endsWith: setting(z.string().optional(), {
    env: 'REEMBED_ENDS_WITH',
    description: 'Set by commands that bring a fleet with a Redis of its own: the process that all of it ends with.',
  }),
  reconcileMs: setting(ms.default(5_000), {
    env: 'REEMBED_RECONCILE_MS',
    description: 'How often stages that nobody works on are looked for, in ms.',
  }),
  keepEndedDays: setting(z.coerce.number().positive().default(30), {
    env: 'REEMBED_KEEP_ENDED_DAYS',
    description: 'How long what is known of a migration that has ended is kept, in Redis and in Qdrant, in days; its collections stay.',
  }),
  keepAuditDays: setting(z.coerce.number().positive().default(365), {
    env: 'REEMBED_KEEP_AUDIT_DAYS',
    description: 'How long the audit trail goes back, in days; a million lines are kept at most.',
  }),
});
export type CoordinatorSettings = z.infer<typeof coordinatorSettingsSchema>;

const { qdrantUrl, qdrantApiKey, configFile, filesDir, modelsDir, requestTimeoutMs, logLevel } = connectionSettings;

const shareOfSearches = z.coerce.number().min(0).max(1).default(0);

/** A gateway needs no Redis: with one it shares the budgets of providers with the fleet. */
export const gatewaySettingsSchema = z.strictObject({
  ...{ qdrantUrl, qdrantApiKey, configFile, filesDir, modelsDir, requestTimeoutMs, logLevel },
  ...traceSettings,
  ...statusSettings,
  redisUrl: setting(redisAddress.optional(), {
    env: 'REDIS_URL',
    description:
      'The address of Redis. A gateway needs none: where it is given the one of the fleet, both share the limits of providers, and queries go first.',
    secret: true,
  }),
  redisPrefix: connectionSettings.redisPrefix,
  host: setting(z.string().default('127.0.0.1'), {
    env: 'REEMBED_GATEWAY_HOST',
    description: 'The address that the gateway listens on; beyond loopback a token is required.',
  }),
  port: setting(port.default(8766), {
    env: 'REEMBED_GATEWAY_PORT',
    description: 'The port that the gateway listens on; 0 takes a free one.',
  }),
  token: setting(keySchema.refine((token) => token.length >= 16, 'wants at least 16 characters').optional(), {
    env: 'REEMBED_GATEWAY_TOKEN',
    description:
      'The token that applications send to the gateway as their API key, at least 16 characters; the gateway sends Qdrant its own key.',
    secret: true,
  }),
  embedTimeoutMs: setting(ms.default(20_000), {
    env: 'REEMBED_EMBED_TIMEOUT_MS',
    description: 'How long the texts of one request to the gateway may take to be embedded, in ms.',
  }),
  holdWritesMs: setting(ms.default(3_000), {
    env: 'REEMBED_HOLD_WRITES_MS',
    description:
      'How long a write to the gateway may wait while an alias is about to move, in ms: less than applications wait for an answer. A switch is waited for three times as long.',
  }),
  shadowShare: setting(shareOfSearches, {
    env: 'REEMBED_SHADOW_SHARE',
    description:
      'The share of searches by text that the new side of a migration which is ready is asked too, from 0 to 1; nobody waits for its answer.',
  }),
  shadowPerSecond: setting(z.coerce.number().positive().max(1_000).default(5), {
    env: 'REEMBED_SHADOW_PER_SECOND',
    description: 'How many of these one gateway asks in a second, at most.',
  }),
  splitShare: setting(shareOfSearches, {
    env: 'REEMBED_SPLIT_SHARE',
    description:
      'The share of those who search by text that the new side of a migration which is ready answers before the switch, from 0 to 1.',
  }),
  splitHeader: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9-]+$/, 'wants the name of a header')
      .toLowerCase()
      .default('reembed-user'),
    {
      env: 'REEMBED_SPLIT_HEADER',
      description: 'The header by whose value it is chosen who is led to the new side: the same value always to the same one.',
    },
  ),
  queryLogFile: setting(z.string().min(1).optional(), {
    env: 'REEMBED_QUERY_LOG',
    description:
      'The file that texts which applications search for are kept in, as a log that gates.queries takes; default: none are kept.',
  }),
  keptQueries: setting(z.coerce.number().int().min(0).default(10_000), {
    env: 'REEMBED_KEPT_QUERIES',
    description: 'Embeddings of queries that one gateway keeps, in memory; each takes 4 bytes a dimension.',
  }),
});
export type GatewaySettings = z.infer<typeof gatewaySettingsSchema>;

/** What the command line reads itself. Commands that start a fleet of their own hand every variable on to it. */
export const commandLineSettingsSchema = z.strictObject({
  coordinatorUrl: setting(serverAddress(['http', 'https'], 'http://localhost:8765').optional(), {
    env: 'REEMBED_URL',
    description: 'The coordinator that commands talk to; default: the one at http://127.0.0.1:8765, or a fleet of their own.',
  }),
  token: setting(keySchema.optional(), {
    env: 'REEMBED_TOKEN',
    description: 'The token that commands send to the coordinator.',
    secret: true,
    sentTo: 'coordinatorUrl',
  }),
  qdrantUrl: connectionSettings.qdrantUrl,
  qdrantGrpcUrl: connectionSettings.qdrantGrpcUrl,
  qdrantApiKey: connectionSettings.qdrantApiKey,
  requestTimeoutMs: connectionSettings.requestTimeoutMs,
  configFile: connectionSettings.configFile,
  filesDir: connectionSettings.filesDir,
  modelsDir: connectionSettings.modelsDir,
});

type Shape = Readonly<Record<string, z.ZodType>>;

/** The variable and description of every field of a settings schema. */
export function settingsOf(schema: { readonly shape: Shape }): { field: string; meta: SettingMeta }[] {
  return Object.entries(schema.shape).map(([field, type]) => ({ field, meta: type.meta() as unknown as SettingMeta }));
}

/** The raw values an environment gives for a settings schema; an empty variable counts as not set. */
export function settingsFromEnv(
  schema: { readonly shape: Shape },
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(settingsOf(schema).flatMap(({ field, meta }) => (env[meta.env] ? [[field, env[meta.env] ?? '']] : [])));
}

/** Settings to show: secrets only as set or not, addresses without theirs. */
export function redactSettings(schema: { readonly shape: Shape }, settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(settingsOf(schema).map(({ field, meta }) => [field, redactSetting(meta, settings[field], '(set)')]));
}

/** The value of one setting to show; `secret` stands for one that is never shown. */
export function redactSetting(meta: SettingMeta | undefined, value: unknown, secret: string): unknown {
  if (meta?.secret && value !== undefined) return secret;
  return typeof value === 'string' && (value.includes('://') || meta?.env.endsWith('_URL')) ? withoutSecrets(value) : value;
}
