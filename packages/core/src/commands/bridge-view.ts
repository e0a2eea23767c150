import type { BridgeView, Phase } from '@reembed/contracts';
import type { Migration } from '../domain/migration.ts';
import { bridgeSnippet } from '../plan/advice/bridge-snippet.ts';
import { bridgeOf, searchedBridge } from '../plan/bridge.ts';
import type { Collections } from '../ports/collections.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { label } from '../recipes/target-vector.ts';
import { fillingOf, whoGetIt } from './next-step.ts';

export type BridgeDeps = Pick<CoordinatorDeps, 'catalogue'> & { readonly collections: Pick<Collections, 'describe' | 'address'> };

/** In these the vector is there and some points may lack it. */
const fillingPhases: readonly (Phase | null)[] = ['copying', 'syncing', 'indexing', 'verifying', 'ready', 'observing'];

/**
 * How applications may ask the vector that is being filled in; null where none is, or every point had it at the last look. Points that never get
 * it are found over the bridge alone, so it stays where there may be some.
 */
export async function bridgeNow(deps: BridgeDeps, migration: Migration): Promise<BridgeView | null> {
  const { spec, resolved, phase, resumeTo } = migration;
  const bridge = bridgeOf(spec);
  const filling = fillingOf(migration);
  const rests = phase === 'paused' || phase === 'failed';
  if (bridge === null || filling === null || !fillingPhases.includes(rests ? resumeTo : phase)) return null;
  if (filling.lacking === 0 && whoGetIt(spec) === null) return null;
  const { describe, address } = deps.collections;
  const described = describe(resolved.source);
  // In place it is one collection.
  const asked = spec.target.collection === resolved.source ? described : describe(spec.target.collection);
  const [source, searched, where] = await Promise.all([described, asked, address()]);
  const { adapters } = resolved;
  const code = bridgeSnippet({ spec, catalogue: deps.catalogue, adapters, around: { source } }, where, searched);
  const { old, fresh, candidates } = searchedBridge(bridge, searched);
  return { old, fresh, candidates, says: `${inWords({ old, fresh, candidates })}${measuredInWords(migration)}`, code };
}

/** What the last measurement found. */
function measuredInWords({ bridged = [] }: Pick<Migration, 'bridged'>): string {
  const last = bridged.findLast(({ ndcg }) => ndcg !== null);
  if (last?.ndcg === undefined || last.ndcg === null) return '';
  const { old, bridge, alone } = last.ndcg;
  const [before, over, after] = [old, bridge, alone].map((ndcg) => ndcg.toFixed(3));
  return ` Measured with ${last.filled} of ${last.points} points filled, by ${last.queries} queries: nDCG@10 ${over} over the bridge, ${before} by the old vector, ${after} by the new one alone.`;
}

function inWords({ old, fresh, candidates }: { old: string; fresh: string; candidates: number }): string {
  const [before, after] = [label(old), label(fresh)];
  return (
    `Applications may ask ${after} at once, over the bridge: ${candidates} points as ${before} finds them, of which those that have ${after} are ranked by it ` +
    `and the others keep their place. Nothing is missing meanwhile; once every point has ${after} they ask it alone.`
  );
}
