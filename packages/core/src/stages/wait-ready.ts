import { isInPlace } from '../recipes/filled-vectors.ts';
import { followGently } from './follow-gently.ts';
import type { Stage } from './stage.ts';
import { syncPass } from './sync.ts';

/** Follows the source gently, one range at a time, until somebody switches; with `auto`, or a word given before, it switches by itself. */
export const waitReady: Stage = async (deps, migration) => {
  const { approval, spec } = migration;
  const wanted = approval !== null || (spec.switch.mode === 'auto' && !isInPlace(spec));
  if (wanted && (await deps.setAside.count(migration.id)).open === 0) return { kind: 'next', to: 'switching' };
  return followGently(deps, migration, syncPass);
};
