import { type CoordinatorDeps, note } from '../ports/coordinator-deps.ts';

const lookEveryMs = 200;

/**
 * Waits until every server of a cluster that can be asked has the alias where it was pointed: one that lags leads writers to the collection
 * that was left. `collection`: null where the alias was taken away. After the longest time of a request it goes on, and says who lags.
 */
export async function waitForPeers(deps: CoordinatorDeps, id: string, alias: string, collection: string | null): Promise<void> {
  const until = deps.clock.monotonicMs() + deps.requestTimeoutMs;
  for (;;) {
    const readings = await deps.collections.aliasOnPeers(alias);
    const behind = readings.filter(({ pointsAt }) => pointsAt !== collection);
    if (behind.every(({ pointsAt }) => pointsAt === undefined) || deps.clock.monotonicMs() >= until) {
      if (behind.length > 0) await note(deps, id, inWords(alias, behind.map(described)));
      return;
    }
    await deps.clock.sleep(lookEveryMs);
  }
}

function described({ peer, pointsAt }: { readonly peer: string; readonly pointsAt: string | null | undefined }): string {
  if (pointsAt === undefined) return `${peer} cannot be asked`;
  return `${peer} ${pointsAt === null ? 'knows no such alias' : `has it at "${pointsAt}"`}`;
}

function inWords(alias: string, peers: readonly string[]): string {
  return `not every server of the cluster is known to have the alias "${alias}" where it was pointed: ${peers.join(', ')}; writes through such a one may come late`;
}
