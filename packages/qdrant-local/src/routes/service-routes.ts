import { textAnswer, valueAnswer } from '../server/answer.ts';
import type { Route } from './route.ts';

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
  { method: 'GET', path: '/livez', handle: () => textAnswer('healthz check passed') },
  { method: 'GET', path: '/cluster', handle: () => valueAnswer(new Map([['status', 'disabled']])) },
];
