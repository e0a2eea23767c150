import { aliasRoutes, collectionRoutes } from './collection-routes.ts';
import { queryRoutes } from './query-routes.ts';
import { readRoutes } from './read-routes.ts';
import type { Route } from './route.ts';
import { schemaRoutes } from './schema-routes.ts';
import { missingRoutes, serviceRoutes } from './service-routes.ts';
import { writeRoutes } from './write-routes.ts';

type Compiled = { route: Route; segments: string[]; names: number };

const ALL = [
  ...serviceRoutes,
  ...aliasRoutes,
  ...collectionRoutes,
  ...schemaRoutes,
  ...writeRoutes,
  ...readRoutes,
  ...queryRoutes,
  ...missingRoutes,
];

/** Routes by method and number of segments, fixed segments before names. */
const TABLE = Map.groupBy(
  ALL.map((route): Compiled => {
    const segments = split(route.path);
    return { route, segments, names: segments.filter(isName).length };
  }).sort((a, b) => a.names - b.names),
  ({ route, segments }) => `${route.method} ${segments.length}`,
);

/** The route of a path and the values of its names, decoded; undefined where there is none. An empty name matches nothing. */
export function findRoute(method: string, path: string): { route: Route; params: Record<string, string> } | undefined {
  const given = split(path);
  for (const { route, segments } of TABLE.get(`${method} ${given.length}`) ?? []) {
    if (!segments.every((segment, i) => isName(segment) || segment === given[i])) continue;
    const params: Record<string, string> = {};
    for (const [i, segment] of segments.entries()) if (isName(segment)) params[segment.slice(1, -1)] = decode(given[i] ?? '');
    return { route, params };
  }
  return undefined;
}

function split(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function isName(segment: string): boolean {
  return segment.startsWith('{');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
