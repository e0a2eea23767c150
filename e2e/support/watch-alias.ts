import { setTimeout as sleep } from 'node:timers/promises';
import type { QdrantHttp } from './qdrant-http.ts';

/** Looks again and again where an alias points, as its readers would; `stop` answers every collection seen, `null` where it was absent. */
export function watchAlias(http: QdrantHttp, alias: string): { stop(): Promise<{ seen: (string | null)[]; looks: number }> } {
  const seen: (string | null)[] = [];
  let looks = 0;
  let stopped = false;
  const looking = (async () => {
    for (; !stopped; await sleep(20)) {
      const now = (await http.aliases())[alias] ?? null;
      looks++;
      if (seen.at(-1) !== now) seen.push(now);
    }
  })();
  looking.catch(() => undefined);
  return {
    async stop() {
      stopped = true;
      await looking;
      return { seen, looks };
    },
  };
}
