import type { Spec } from '@reembed/contracts';
import type { PointText } from '../ports/collections.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import type { Surroundings } from './surroundings.ts';

/** What a plan has read before it judges. */
export type PlanScene = {
  readonly spec: Spec;
  readonly around: Surroundings;
  /** A random sample of the source's points, with payloads. */
  readonly sample: readonly PointText[];
  readonly catalogue: ModelCatalogue;
};

/** Names for a message: at most twenty. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, 20).map((name) => (name === '' ? '"" (unnamed)' : name));
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ');
}
