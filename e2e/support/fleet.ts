import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis, createState, type RedisConnections, type State } from '@reembed/queue';
import {
  type StubProvider,
  type StubProviderOptions,
  startStubProvider,
  startTestQdrant,
  startTestRedis,
  stubRowDimensions,
  type TestQdrant,
  type TestRedis,
} from '@reembed/testkit';
import { type AppProcess, startApp } from './app-process.ts';
import type { Interruption } from './interruption.ts';
import { createMigrationApi, type MigrationApi } from './migration-api.ts';
import { type ProcessGuard, startProcessGuard } from './process-guard.ts';
import { createQdrantHttp, type QdrantHttp } from './qdrant-http.ts';

/** The model of the stub provider, as specs name it, and as it is known there. */
export const stubModel = { name: 'stub/small', providerName: 'small', dimensions: 32 } as const;

/** One request to Qdrant may take this long, in ms; a closed fence waits as long for a writer that never said goodbye. */
export const requestTimeoutMs = 3_000;

/** Everything a migration needs, for one test: processes, servers apart from them, and ways to look. Ends with the test. */
export type Fleet = AsyncDisposable & {
  readonly qdrant: TestQdrant;
  readonly http: QdrantHttp;
  readonly redis: TestRedis;
  readonly stub: StubProvider;
  readonly api: MigrationApi;
  /** The API of one coordinator. */
  apiOf(coordinator: AppProcess): MigrationApi;
  /** The fleet's shared state and the Redis it is in, to look at. */
  readonly state: State;
  readonly connections: RedisConnections;
  /** What its processes are started with. */
  readonly env: Readonly<Record<string, string>>;
  readonly guard: ProcessGuard;
  /** The address of a coordinator that lives. */
  coordinatorUrl(): string;
  /** A name nobody else uses, deleted at the end. */
  name(prefix: string): string;
  startCoordinator(...interruptions: readonly Interruption[]): Promise<AppProcess>;
  startWorker(...interruptions: readonly Interruption[]): Promise<AppProcess>;
};

export type FleetOptions = {
  /** Default 1 each. */
  readonly coordinators?: number;
  readonly workers?: number;
  readonly stub?: StubProviderOptions;
  /** A server of another fleet; it is not ended with this one. */
  readonly qdrant?: TestQdrant;
  readonly stubProvider?: StubProvider;
  /** Where the test empties or kills Redis. */
  readonly ownRedis?: boolean;
  /** It keeps every write on disk, so that killed and started again it has them. */
  readonly aof?: boolean;
  /** Texts a request to the stub, default 32. */
  readonly maxInputs?: number;
  readonly concurrency?: number;
  /** Default 1,000: a job of a killed process comes back soon. Longer where a busy machine must not cost a living one its job. */
  readonly lockMs?: number;
  /** How long a request to the stub may take, default 10,000. Short where the stub is to be silent. */
  readonly providerTimeoutMs?: number;
  /** Names by which specs know further models of the stub provider, each with its name there. */
  readonly models?: Readonly<Record<string, string>>;
  /** The stub answers for OpenAI and Cohere, so that their models serve under their own names. */
  readonly builtInModels?: boolean;
  /** Models of words and of rows that the stub makes, by the names of specs. */
  readonly tokenModels?: { readonly words: string; readonly rows: string };
  /** How services of texts are asked. */
  readonly textSources?: readonly { readonly url: string; readonly requestTimeoutMs: number }[];
  /** Where adapters and files of texts are. */
  readonly filesDir?: string;
  /** Where its processes send traces. */
  readonly tracesUrl?: string;
  /** Where ONNX models are; nothing is downloaded. */
  readonly modelsDir?: string;
};

export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const qdrant = options.qdrant ?? stack.use(await startTestQdrant());
  const redis = stack.use(await startTestRedis(options.ownRedis ? { own: true, aof: options.aof ?? false } : {}));
  const stub = options.stubProvider ?? stack.use(await startStubProvider({ dimensions: stubModel.dimensions, ...options.stub }));
  const connections = await connectRedis({ url: redis.url, patienceMs: 5_000 });
  stack.defer(() => connections.close());
  const models = { [stubModel.name]: stubModel.providerName, ...options.models };
  const { maxInputs = 32, providerTimeoutMs = 10_000, textSources = [], tokenModels = null } = options;
  const configFile = await writeConfig(stack, stub, { models, maxInputs, providerTimeoutMs, textSources, tokenModels });
  const { concurrency = 4, lockMs = 1_000 } = options;
  const providers = options.builtInModels ? providerVariables(stub) : {};
  const files = options.filesDir === undefined ? {} : { REEMBED_FILES: options.filesDir };
  const traces = options.tracesUrl === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: options.tracesUrl };
  const onnx = options.modelsDir === undefined ? {} : { REEMBED_MODELS: options.modelsDir, HF_HUB_OFFLINE: '1' };
  const env = { ...environment({ qdrant, redis, configFile, concurrency, lockMs }), ...providers, ...files, ...onnx, ...traces };
  const guard = stack.use(startProcessGuard());
  const apps = stack.use(new AsyncDisposableStack());
  const coordinators: AppProcess[] = [];
  const workers: AppProcess[] = [];
  const start = async (app: 'coordinator' | 'worker', interruptions: readonly Interruption[]) => {
    const started = apps.use(await startApp(app, { env, guard, interruptions }));
    (app === 'coordinator' ? coordinators : workers).push(started);
    return started;
  };
  const logs = () => [...coordinators, ...workers].map((app) => `\n--- ${app.name}\n${app.log()}`).join('');
  const addresses = (among: readonly AppProcess[]) => among.filter((app) => app.alive()).map(({ name }) => name);
  const fleet = {
    qdrant,
    http: createQdrantHttp(qdrant.url),
    redis,
    stub,
    api: createMigrationApi(() => addresses(coordinators), logs),
    apiOf: (coordinator: AppProcess) => createMigrationApi(() => addresses([coordinator]), logs),
    state: createState({ redis: connections, prefix: redis.prefix }),
    connections,
    env,
    guard,
    coordinatorUrl() {
      const [url] = addresses(coordinators);
      if (url === undefined) throw new Error('no coordinator lives');
      return url;
    },
    name: (prefix: string) => qdrant.collectionName(prefix),
    startCoordinator: (...interruptions: readonly Interruption[]) => start('coordinator', interruptions),
    startWorker: (...interruptions: readonly Interruption[]) => start('worker', interruptions),
  };
  await Promise.all([
    ...Array.from({ length: options.coordinators ?? 1 }, () => fleet.startCoordinator()),
    ...Array.from({ length: options.workers ?? 1 }, () => fleet.startWorker()),
  ]);
  const owned = stack.move();
  return { ...fleet, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

type Config = Required<Pick<FleetOptions, 'models' | 'maxInputs' | 'providerTimeoutMs' | 'textSources'>> & {
  readonly tokenModels: FleetOptions['tokenModels'] | null;
};

async function writeConfig(stack: AsyncDisposableStack, stub: StubProvider, config: Config): Promise<string> {
  const { models, maxInputs, providerTimeoutMs, textSources, tokenModels } = config;
  const dir = await mkdtemp(join(tmpdir(), 'reembed-e2e-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const entryOf = (model: string) => ({
    provider: 'openai',
    model,
    baseUrl: stub.openAiBaseUrl,
    dimensions: stubModel.dimensions,
    pricePerMillionTokensUsd: 2,
    batchPricePerMillionTokensUsd: 1,
    limits: { maxInputs, maxInputTokens: null },
    documentPrefix: '',
    queryPrefix: '',
    requestTimeoutMs: providerTimeoutMs,
  });
  const file = join(dir, 'reembed.config.yaml');
  const entries = Object.fromEntries(Object.entries(models).map(([name, model]) => [name, entryOf(model)]));
  const ofTokens = tokenModels == null ? {} : tokenEntries(stub, tokenModels);
  await writeFile(file, JSON.stringify({ models: { ...entries, ...ofTokens }, textSources, reach: { hosts: ['127.0.0.1'] } }));
  return file;
}

function tokenEntries({ cohereBaseUrl: baseUrl }: StubProvider, { words, rows }: NonNullable<FleetOptions['tokenModels']>) {
  const said = { baseUrl, documentPrefix: '', queryPrefix: '', limits: { maxInputs: 32, maxInputTokens: null } };
  return {
    [words]: { provider: 'tei-sparse', ...said },
    [rows]: { provider: 'vllm-rows', dimensions: stubRowDimensions, ...said },
  };
}

function providerVariables({ openAiBaseUrl, cohereBaseUrl }: StubProvider): Record<string, string> {
  const key = 'a key that the stub does not look at';
  return { OPENAI_BASE_URL: openAiBaseUrl, OPENAI_API_KEY: key, COHERE_BASE_URL: cohereBaseUrl, COHERE_API_KEY: key };
}

type Surroundings = {
  readonly qdrant: TestQdrant;
  readonly redis: TestRedis;
  readonly configFile: string;
  readonly concurrency: number;
  readonly lockMs: number;
};

/** Nothing of the caller's own settings and keys reaches the processes. */
function environment({ qdrant, redis, configFile, concurrency, lockMs }: Surroundings): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    NODE_COMPILE_CACHE: join(tmpdir(), 'reembed-e2e-compile-cache'),
    QDRANT_URL: qdrant.url,
    QDRANT_GRPC_URL: qdrant.grpcUrl ?? '',
    REDIS_URL: redis.url,
    REEMBED_REDIS_PREFIX: redis.prefix,
    REEMBED_CONFIG: configFile,
    REEMBED_PORT: '0',
    REEMBED_CONCURRENCY: String(concurrency),
    REEMBED_REQUEST_TIMEOUT_MS: String(requestTimeoutMs),
    REEMBED_LOCK_MS: String(lockMs),
    REEMBED_STALLED_MS: '500',
    REEMBED_RECONCILE_MS: '500',
  };
}
