import type { Spec } from '@reembed/contracts';
import { adoptTarget, isReembedError } from '@reembed/core';
import type { Scheduler } from '../engine/scheduler.ts';
import type { Fleet } from '../fleet/fleet.ts';

export type RivalOptions = {
  readonly scheduler: Scheduler;
  readonly spec: Spec;
  /** When, in ms: the last of the fleets first, then each in turn. */
  readonly takeOvers: readonly number[];
  readonly fleets: readonly Fleet[];
  /** Before and after: what Redis knew of the comparison is with the other fleet. */
  readonly onTakeOver: () => void;
  readonly tell: (what: string) => void;
  readonly onDefect: (error: unknown) => void;
};

/** People who take the migration over for their fleet, and back. */
export function startRival({ scheduler, spec, takeOvers, fleets, onTakeOver, tell, onDefect }: RivalOptions): void {
  for (const [turn, at] of takeOvers.entries()) {
    const which = (turn + 1) % fleets.length;
    scheduler.after(at, () => void takeOver(which), 'wakes');
  }

  async function takeOver(which: number): Promise<void> {
    const on = fleets[which]?.coordinator();
    if (on === null || on === undefined) return;
    tell(`somebody takes the migration over for fleet ${which + 1}`);
    onTakeOver();
    try {
      await adoptTarget(on.deps, spec.target.collection, { takeOver: true });
    } catch (error) {
      if (isReembedError(error)) tell(`somebody is told ${error.code}: ${error.message}`);
      else onDefect(error);
    }
    onTakeOver();
  }
}
