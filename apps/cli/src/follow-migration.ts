import type { MigrationEvent, MigrationView, Phase } from '@reembed/contracts';
import { transitions } from '@reembed/core';
import type { ApiClient } from './api-client.ts';

export type FollowOptions = {
  readonly signal: AbortSignal;
  readonly until: (view: MigrationView) => boolean;
  readonly onEvent?: (event: MigrationEvent) => void;
  /** With every look at the migration itself: at the start, after each change of phase, after a lost connection. */
  readonly onView?: (view: MigrationView) => void;
};

/** Follows a migration's events until `until` says so of what it looks like. Throws what the signal was aborted with. */
export async function followMigration(api: ApiClient, id: string, options: FollowOptions): Promise<MigrationView> {
  const { signal, until, onEvent, onView } = options;
  const done = new AbortController();
  const events = api.events(id, AbortSignal.any([signal, done.signal]));
  try {
    for await (const item of events) {
      if (item.kind === 'event') onEvent?.(item.event);
      if (item.kind === 'event' && item.event.type !== 'phase' && item.event.type !== 'error') continue;
      const view = await api.view(id);
      onView?.(view);
      if (until(view)) return view;
    }
  } finally {
    done.abort();
  }
  signal.throwIfAborted();
  throw new Error(`the events of migration ${id} ended`);
}

/** Whether nothing goes on by itself: it waits for a word, or has ended. */
export function isAtRest({ phase }: { readonly phase: Phase }): boolean {
  return transitions[phase].kind !== 'stage';
}
