import { ReembedError } from '../domain/error.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

type Timed = Pick<CoordinatorDeps, 'clock' | 'requestTimeoutMs'>;

/** Longest time between looking and acting, in ms, of a Qdrant that answers at once: a coordinator that was stopped in between has to look again. */
const shortestFreshMs = 2_000;

/** A slow Qdrant takes as long for a look as for the act: three looks have to fit into what one request may take. */
export function freshMs({ requestTimeoutMs }: Timed): number {
  return Math.max(shortestFreshMs, requestTimeoutMs / 3);
}

/** Looks in one go that took too long: past them, somebody hears that Qdrant is too slow. */
const mostLooks = 5;

/**
 * Acts right after a look: what it threw for, or found, may be otherwise by the time that a process which was stopped goes on, so then it looks
 * again. `look` answers what the act goes by; null: there is nothing to do, which is answered. Throws what `look` throws, and
 * `qdrant-unreachable` where no look was short enough.
 */
export async function actFreshly<Seen, Done>(
  deps: Timed,
  look: () => Promise<Seen | null>,
  act: (seen: Seen) => Promise<Done>,
): Promise<Done | null> {
  for (let looks = 0; looks < mostLooks; looks++) {
    const from = deps.clock.monotonicMs();
    const seen = await look();
    if (seen === null) return null;
    if (deps.clock.monotonicMs() - from <= freshMs(deps)) return act(seen);
  }
  throw new ReembedError(
    'qdrant-unreachable',
    `Qdrant answers too slowly: what is changed there goes by a look that is at most ${freshMs(deps)} ms old, and none was`,
  );
}
