import type { GateSummary, SearchTally, Spec } from '@reembed/contracts';
import { percent } from '../domain/amounts.ts';
import type { Migration } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

type Asked = NonNullable<Spec['gates']['shadow']>;

/**
 * Whether real searches agree as far as the spec asks: by the mean share of the first ten that both sides found, inconclusive before there are
 * `minSearches`. Whoever asks for it wants to hear of a difference before the switch; which side is the better one it does not say.
 */
export function shadowGate({ minAgreement, minSearches }: Asked, tally: SearchTally | null): GateSummary {
  const searches = tally?.shadow.old.searches ?? 0;
  if (tally === null || searches < minSearches) {
    const reason = `${searches} of the ${minSearches} searches that it goes by were asked of both sides so far`;
    return { verdict: 'inconclusive', reasons: [reason] };
  }
  const agreed = tally.shadow.agreedAt10 / searches;
  const reason = `${searches} searches agree on ${percent(agreed)} of the first ten, and ${percent(minAgreement)} were asked for: a difference, which either side may be the better for`;
  return { verdict: agreed >= minAgreement ? 'pass' : 'fail', reasons: [reason] };
}

/**
 * The migration with that gate as it stands now: unlike the others it is not measured once, but grows while applications search. As it is where
 * none is asked for, or the others have not been measured. Throws `redis-unreachable`.
 */
export async function withShadowGate({ searchTallies }: Pick<CoordinatorDeps, 'searchTallies'>, migration: Migration): Promise<Migration> {
  const { id, spec, gates } = migration;
  if (gates === null || spec.gates.shadow === null) return migration;
  return { ...migration, gates: { ...gates, shadow: shadowGate(spec.gates.shadow, await searchTallies.load(id)) } };
}
