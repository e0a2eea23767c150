import type { Phase } from '@reembed/contracts';
import { hasEnded } from '../domain/transitions.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { forget } from './discard.ts';

/** Migrations forgotten in one round at most: what is left comes with the next. */
const atOnce = 20;

/**
 * Forgets migrations that ended longer ago than `olderThanMs`, here and in Qdrant, a bounded number a round. Collections stay, whatever they
 * say of their migration: those are deleted on a word alone.
 */
export async function pruneEnded(deps: CoordinatorDeps, olderThanMs: number): Promise<void> {
  await deps.deadLetters.prune(olderThanMs);
  const before = deps.clock.now().getTime() - olderThanMs;
  const isOver = ({ phase, updatedAt }: { readonly phase: Phase; readonly updatedAt: string }) =>
    hasEnded({ phase }) && Date.parse(updatedAt) < before;
  const known = await deps.migrations.list();
  const recorded = (await deps.records.list()).filter(({ view }) => known.every(({ id }) => id !== view.id));
  const over = [...known.filter(isOver), ...recorded.map(({ view }) => view).filter(isOver)];
  for (const { id } of over.slice(0, atOnce)) await forget(deps, id);
}
