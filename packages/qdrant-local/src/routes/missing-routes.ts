import { failure } from '../api-error.ts';
import type { Route } from './route.ts';

const COLLECTION = '/collections/{collection}';
const SHARD = `${COLLECTION}/shards/{shard}`;

/** Paths that a real 1.19 answers and this server does not: 501, where an unknown path gets 404. */
const MISSING: Record<string, string[]> = {
  GET: [
    ...[
      '/telemetry',
      '/metrics',
      '/issues',
      '/logger',
      '/quotas',
      '/stacktrace',
      '/debugger',
      '/profiler/slow_requests',
      '/snapshots',
      '/snapshots/{snapshot}',
    ],
    ...['/cluster/telemetry', '/cluster/metadata/keys', '/cluster/metadata/keys/{key}'],
    ...['/cluster', '/memory', '/shards', '/snapshots', '/snapshots/{snapshot}'].map((path) => COLLECTION + path),
    ...['/snapshot', '/snapshot/partial/manifest', '/snapshots', '/snapshots/{snapshot}'].map((path) => SHARD + path),
  ],
  POST: [
    ...['/audit/logs', '/cluster/recover', '/logger', '/snapshots'],
    ...['/search', '/search/batch', '/search/groups', '/search/matrix/offsets', '/search/matrix/pairs'].map(
      (path) => `${COLLECTION}/points${path}`,
    ),
    ...['/recommend', '/recommend/batch', '/recommend/groups', '/discover', '/discover/batch'].map((path) => `${COLLECTION}/points${path}`),
    ...['/cluster', '/facet', '/shards/delete', '/snapshots', '/snapshots/upload', '/truncate_unapplied_wal'].map(
      (path) => COLLECTION + path,
    ),
    ...['/cleanup', '/points', '/points/count', '/points/scroll', '/snapshots', '/snapshots/upload'].map((path) => SHARD + path),
    ...['create', 'recover', 'recover_from'].map((step) => `${SHARD}/snapshot/partial/${step}`),
  ],
  PUT: ['/cluster/metadata/keys/{key}', '/quotas', `${COLLECTION}/shards`, `${COLLECTION}/snapshots/recover`, `${SHARD}/snapshots/recover`],
  PATCH: ['/debugger'],
  DELETE: [
    '/cluster/metadata/keys/{key}',
    '/cluster/peer/{peer}',
    '/issues',
    '/snapshots/{snapshot}',
    `${COLLECTION}/snapshots/{snapshot}`,
    `${SHARD}/snapshots/{snapshot}`,
  ],
};

export const missingRoutes: Route[] = Object.entries(MISSING).flatMap(([method, paths]) =>
  paths.map((path) => ({
    method,
    path,
    handle: () => {
      throw failure.missing(`${method} ${path}`);
    },
  })),
);
