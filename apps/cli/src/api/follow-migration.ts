import { setTimeout as sleep } from 'node:timers/promises';
import type { GateName, MigrationEvent, MigrationView, Phase } from '@reembed/contracts';
import { isReembedError, ReembedError, reembed, transitions, waitsForWord as waits } from '@reembed/core';
import type { Cli } from '../terminal/host.ts';
import { type AbsenceNews, createReporter, type Reporter } from '../terminal/reporter.ts';
import { type Absence, createAbsence } from './absence.ts';
import type { ApiClient } from './api-client.ts';

export type FollowOptions = {
  readonly signal: AbortSignal;
  readonly until: (view: MigrationView) => boolean;
  readonly onEvent?: (event: MigrationEvent) => void;
  /** With every look at the migration itself: at the start, after each change of phase, after a lost connection. */
  readonly onView?: (view: MigrationView) => void;
  /** A coordinator that does not answer is asked again, for as long as `absence.ts` says. */
  readonly onAbsence?: (news: AbsenceNews) => void;
};

/**
 * Follows a migration's events until `until` says so of what it looks like. Throws what the signal was aborted with, and `coordinator-unreachable` where
 * that stays away.
 */
export async function followMigration(api: Pick<ApiClient, 'events' | 'view'>, id: string, options: FollowOptions): Promise<MigrationView> {
  const { signal, until, onEvent, onView, onAbsence = () => {} } = options;
  const done = new AbortController();
  const absence = createAbsence(onAbsence);
  const events = api.events(id, AbortSignal.any([signal, done.signal]), absence);
  try {
    for await (const item of events) {
      if (item.kind === 'event') onEvent?.(item.event);
      if (item.kind === 'event' && item.event.type !== 'phase' && item.event.type !== 'error') continue;
      const view = await lookAt(api, id, absence, signal);
      onView?.(view);
      if (until(view)) return view;
    }
  } finally {
    done.abort();
  }
  signal.throwIfAborted();
  throw new Error(`the events of migration ${id} ended`);
}

/** A coordinator may go between its event and the look at what that was about. */
async function lookAt(api: Pick<ApiClient, 'view'>, id: string, absence: Absence, signal: AbortSignal): Promise<MigrationView> {
  for (;;) {
    try {
      const view = await api.view(id);
      absence.heard();
      return view;
    } catch (error) {
      signal.throwIfAborted();
      if (!isReembedError(error)) throw error;
      absence.failed(error);
    }
    await sleep(300, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Where a migration is followed, and what ends that early: `lost` rejects where the fleet that serves it is lost. `own`: that ends with the command. */
export type Followed = { readonly api: Pick<ApiClient, 'events' | 'view'>; readonly own: boolean; readonly lost: Promise<never> };

/** Follows a migration and shows how it goes, through `reporter` where that has shown what went before. */
export async function showMigration(
  cli: Pick<Cli, 'signal' | 'json' | 'terminal' | 'say'>,
  { api, own, lost }: Followed,
  id: string,
  until: FollowOptions['until'],
  reporter: Reporter = createReporter(cli),
): Promise<MigrationView> {
  const done = new AbortController();
  const following = followMigration(api, id, { ...reporter, signal: AbortSignal.any([cli.signal, done.signal]), until });
  try {
    return await Promise.race([following, lost]);
  } catch (error) {
    if (cli.signal.aborted && !own) reporter.say(`Migration ${id} goes on without this command; to stop it: ${reembed('pause', id)}`);
    throw error;
  } finally {
    done.abort();
    reporter.close();
  }
}

/** Whether it goes nowhere without a word, or has ended. */
export function waitsForWord({ phase }: Pick<MigrationView, 'phase'>): boolean {
  return waits(phase);
}

/**
 * The same where the word to switch has been given: then `ready` is passed through, unless points that are set aside, or a gate, hold it up. A gate
 * that goes by searches which are still to come is waited for.
 */
export function hasSettled({ phase, progress, blockedBy, gates }: Following): boolean {
  const isOpen = (gate: GateName) => gate === 'shadow' && gates?.shadow?.verdict === 'inconclusive';
  const standsStill = (progress.setAside ?? 0) > 0 || blockedBy.some((gate) => !isOpen(gate));
  return (phase === 'ready' && standsStill) || transitions[phase].kind !== 'stage';
}

type Following = Pick<MigrationView, 'phase' | 'progress' | 'blockedBy' | 'gates'>;

/** What is wrong with a migration that waits anywhere but where it was sent, or is ready but for points set aside; null: nothing. */
export function whyNotArrived(
  { id, phase, error, next, blockedBy, progress }: MigrationView,
  goals: readonly Phase[],
): ReembedError | null {
  if (phase === 'paused' && error !== null) return new ReembedError(error.code, next);
  if (phase === 'failed') return new ReembedError(error?.code ?? 'migration-failed', next);
  if (phase === 'ready' && (progress.setAside ?? 0) > 0)
    return new ReembedError('points-set-aside', `migration ${id} is ready, but ${next}`);
  if (goals.includes(phase)) return null;
  if (blockedBy.length > 0) return new ReembedError('gate-not-passed', next);
  return new ReembedError('wrong-state', `migration ${id} is ${phase}: ${next}`);
}
