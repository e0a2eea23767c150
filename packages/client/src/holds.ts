import type { Clock } from '@reembed/core';
import type { Place } from './places.ts';

/** Writes wait while an alias is about to move, so that both sides are equal when it does. */
export type Holds = {
  /** Where the name stands once nothing is about to move it, or no longer is waited for. */
  settled(find: () => Promise<Place>): Promise<Place>;
  /** Whether a write that comes now would be held. */
  mayHold(place: Place): boolean;
};

/** Nothing waits for a switch that takes more than so many times the longest wait of a write: a collection that is compared for minutes has a freeze. */
const waitsPerSwitch = 3;
const lookEveryMs = 50;

/** `longestMs`: of one write; less than applications wait for an answer. */
export function createHolds(clock: Clock, longestMs: number): Holds {
  const longestSwitchMs = waitsPerSwitch * longestMs;
  /** When a phase that moves an alias was first seen, by its collection and number. */
  const seen = new Map<string, number>();
  const mayHold = ({ moving, collection, flight }: Place) => {
    if (moving === null) return false;
    const key = `${flight?.migration.id ?? collection} ${moving}`;
    const now = clock.monotonicMs();
    const since = seen.get(key) ?? now;
    for (const [old, at] of seen) if (now - at > 100 * longestSwitchMs) seen.delete(old);
    seen.set(key, since);
    return now - since < longestSwitchMs;
  };
  return {
    mayHold,
    async settled(find) {
      const until = clock.monotonicMs() + longestMs;
      for (;;) {
        const place = await find();
        if (!mayHold(place) || clock.monotonicMs() >= until) return place;
        await clock.sleep(lookEveryMs);
      }
    },
  };
}
