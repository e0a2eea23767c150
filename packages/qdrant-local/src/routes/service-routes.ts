import { failure } from '../api/api-error.ts';
import { type Route, textAnswer, valueAnswer } from './route.ts';

const COMMIT = '74f3e85b9473c62560006c043e13737ce6b48412';

export const serviceRoutes: Route[] = [
  {
    method: 'GET',
    path: '/',
    handle: ({ version }) => ({
      contentType: 'application/json',
      body: Buffer.from(JSON.stringify({ title: 'qdrant - vector search engine', version, commit: COMMIT })),
    }),
  },
  { method: 'GET', path: '/healthz', handle: () => textAnswer('healthz check passed') },
  { method: 'GET', path: '/readyz', handle: () => textAnswer('all shards are ready') },
  // One server is no cluster.
  { method: 'GET', path: '/cluster', handle: () => valueAnswer(new Map([['status', 'disabled']])) },
  { method: 'GET', path: '/livez', handle: () => textAnswer('healthz check passed') },
];

const COLLECTION = '/collections/{collection}';
const SHARD = `${COLLECTION}/shards/{shard}`;

/** Paths that a real 1.19 answers and this server does not: 501, where an unknown path gets 404. */
const MISSING: Record<string, string[]> = {
  GET: [
    ...below('', 'telemetry metrics issues logger quotas stacktrace debugger profiler/slow_requests snapshots snapshots/{snapshot}'),
    ...below('/cluster', 'telemetry metadata/keys metadata/keys/{key}'),
    ...below(COLLECTION, 'cluster memory shards snapshots snapshots/{snapshot}'),
    ...below(SHARD, 'snapshot snapshot/partial/manifest snapshots snapshots/{snapshot}'),
  ],
  POST: [
    ...below('', 'audit/logs cluster/recover logger snapshots'),
    ...below(COLLECTION, 'cluster facet shards/delete snapshots snapshots/upload truncate_unapplied_wal'),
    ...below(`${COLLECTION}/points`, 'search search/batch search/groups search/matrix/offsets search/matrix/pairs'),
    ...below(`${COLLECTION}/points`, 'recommend recommend/batch recommend/groups discover discover/batch'),
    ...below(SHARD, 'cleanup points points/count points/scroll snapshots snapshots/upload'),
    ...below(`${SHARD}/snapshot/partial`, 'create recover recover_from'),
  ],
  PUT: [
    ...below('', 'cluster/metadata/keys/{key} quotas'),
    ...below(COLLECTION, 'shards snapshots/recover'),
    ...below(SHARD, 'snapshots/recover'),
  ],
  PATCH: ['/debugger'],
  DELETE: [
    ...below('', 'cluster/metadata/keys/{key} cluster/peer/{peer} issues snapshots/{snapshot}'),
    ...below(COLLECTION, 'snapshots/{snapshot}'),
    ...below(SHARD, 'snapshots/{snapshot}'),
  ],
};

function below(prefix: string, paths: string): string[] {
  return paths.split(' ').map((path) => `${prefix}/${path}`);
}

export const missingRoutes: Route[] = Object.entries(MISSING).flatMap(([method, paths]) =>
  paths.map((path) => ({
    method,
    path,
    handle: () => {
      throw failure.missing(`${method} ${path}`);
    },
  })),
);
