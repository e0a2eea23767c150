import type { FastifyInstance } from 'fastify';

/** Answers which methods a path has, in the routes that are added from now on; none: there is no such path. */
export function followAllowedMethods(server: FastifyInstance): (path: string) => readonly string[] {
  const known: { readonly path: RegExp; readonly methods: readonly string[] }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    known.push({ path: pathPattern(url), methods: [method].flat() });
  });
  return (path) => {
    const methods = known.filter((route) => route.path.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  };
}

/** `/migrations/:id/*`: a name stands for one part of the path, a star for the rest. */
function pathPattern(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/).map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}
