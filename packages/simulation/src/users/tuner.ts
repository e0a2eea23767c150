import { isReembedError, requantize } from '@reembed/core';
import type { Scheduler } from '../engine/scheduler.ts';
import type { Fleet } from '../fleet/fleet.ts';

/** Somebody wants a collection, or what an alias points at, to be kept with or without quantization. */
export type Requantization = { readonly at: number; readonly collection: string; readonly isQuantized: boolean };

export type TunerOptions = {
  readonly scheduler: Scheduler;
  readonly coordinator: Fleet['coordinator'];
  readonly wishes: readonly Requantization[];
  readonly tell: (what: string) => void;
  readonly onDefect: (error: unknown) => void;
};

/** A person who changes how vectors are kept, whatever migrates meanwhile; what is refused is refused. */
export function startTuner({ scheduler, coordinator, wishes, tell, onDefect }: TunerOptions): void {
  for (const wish of wishes) scheduler.after(wish.at, () => void change(wish), 'wakes');

  async function change({ collection, isQuantized }: Requantization): Promise<void> {
    const deps = coordinator()?.deps;
    if (deps === undefined) return;
    const quantization = isQuantized ? { scalar: { type: 'int8' as const } } : null;
    tell(`a person says requantize ${collection} ${JSON.stringify(quantization)}`);
    try {
      await requantize(deps, { collection, quantization, queries: 10, apply: true });
    } catch (error) {
      if (isReembedError(error)) tell(`is told ${error.code}: ${error.message}`);
      else onDefect(error);
    }
  }
}
