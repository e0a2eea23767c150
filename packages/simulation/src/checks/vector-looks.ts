import type { PointId } from '@reembed/contracts';
import type { Call } from '../engine/calls.ts';
import type { Write } from '../users/writes.ts';

/** When each process last looked at the new vector of a point, and when an application last brought one. */
export function createVectorLooks(now: () => number) {
  const looked = new Map<string, number>();
  const brought = new Map<string, number>();
  return {
    effect({ process, port, method, args }: Call): void {
      if (port !== 'points' || method !== 'retrieve') return;
      const { ids, vectors } = args[1] as { readonly ids: readonly PointId[]; readonly vectors?: readonly string[] };
      if (vectors?.includes('new')) for (const { id } of ids) looked.set(`${process.name} ${id}`, now());
    },
    written({ id, ownVector }: Write): void {
      if (ownVector) brought.set(id, now());
    },
    /** Whether it came between the last look of whoever writes over it and that write, as the docs say that it may be lost. */
    cameAfter: ({ process }: Call, id: string) =>
      (brought.get(id) ?? 0) >= (looked.get(`${process.name} ${id}`) ?? Number.POSITIVE_INFINITY),
  };
}
