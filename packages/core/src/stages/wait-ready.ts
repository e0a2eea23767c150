import type { Migration } from '../domain/migration.ts';
import { gateInWords, type Standing, standingGates, wayOut } from '../gates/gate-words.ts';
import { isInPlace } from '../recipes/filled-vectors.ts';
import { followGently } from './follow-gently.ts';
import type { Stage } from './stage.ts';
import { syncPass } from './sync.ts';

/**
 * Follows the source gently, one range at a time, until somebody switches; with `auto`, or a word given before, it switches by itself, unless
 * a gate stands in the way.
 */
export const waitReady: Stage = async (deps, migration) => {
  const { approval, spec } = migration;
  const wanted = approval !== null || (spec.switch.mode === 'auto' && !isInPlace(spec));
  const [stands] = standingGates(migration);
  if (wanted && stands === undefined && (await deps.setAside.count(migration.id)).open === 0) return { kind: 'next', to: 'switching' };
  const result = await followGently(deps, migration, syncPass);
  return wanted && stands !== undefined && result.kind === 'again' ? { ...result, waiting: whyNot(migration, stands) } : result;
};

function whyNot({ id }: Migration, stands: Standing): string {
  return `for a person: ${gateInWords(stands)}; it does not switch by itself. ${wayOut(id, stands)}`;
}
