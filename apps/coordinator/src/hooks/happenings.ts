import type { HookEvent, HookMessage, Progress } from '@reembed/contracts';
import { isInPlace, type Migration } from '@reembed/core';
import type { HookConfig } from '@reembed/embedders';

/** Something that a hook is told of. `key`: the same however often it is seen, so that it is told once. */
export type Happening = { readonly key: string; readonly event: HookEvent; readonly says: string };

/** What the numbers of a migration are, where they are asked for. */
export type Numbers = Pick<Progress, 'setAside' | 'costUsd'>;

/** What a hook is to be told of a migration as it stands now. */
export function happenings(hook: HookConfig, migration: Migration, numbers: Numbers | null, now: Date): Happening[] {
  const { phase, phaseNumber, error, spec } = migration;
  const why = error === null ? '' : `: ${error.message} [${error.code}]`;
  const inPlace = isInPlace(spec);
  const all: (Happening | null)[] = [
    { key: `phase-${phaseNumber}`, event: 'phase', says: `it is ${phase}${why}` },
    phase === 'ready' ? { key: `ready-${phaseNumber}`, event: 'ready', says: isReady(inPlace) } : null,
    // It comes back to this phase from others: the alias has moved once.
    phase === 'observing' ? { key: 'switched', event: 'switched', says: 'applications are served by the target' } : null,
    // No alias moves: by this word applications have to ask the new vector.
    phase === 'completed' && inPlace ? { key: 'switched', event: 'switched', says: 'applications are served by the new vector' } : null,
    phase === 'failed' ? { key: `failed-${phaseNumber}`, event: 'failed', says: `it has failed${why}` } : null,
    waiting(hook, migration, now),
    ...inNumbers(hook, numbers),
  ];
  return all.filter((one) => one !== null).filter(({ event }) => isWanted(hook, event));
}

function isReady(inPlace: boolean): string {
  return inPlace ? 'it is ready: applications can ask the new vector, and it can be completed' : 'it is ready to be switched';
}

function isWanted({ on }: HookConfig, event: HookEvent): boolean {
  return event !== 'before' && on.includes(event);
}

function waiting({ waitingMinutes }: HookConfig, { waiting: wait }: Migration, now: Date): Happening | null {
  if (wait === null || now.getTime() - Date.parse(wait.since) < waitingMinutes * 60_000) return null;
  return { key: `waiting-${wait.since}`, event: 'waiting', says: `it waits since ${wait.since}: ${wait.reason}` };
}

function inNumbers({ setAsideAbove, costAboveUsd }: HookConfig, numbers: Numbers | null): Happening[] {
  const { setAside, costUsd } = numbers ?? { setAside: null, costUsd: null };
  const points: Happening[] =
    setAside !== null && setAside > setAsideAbove
      ? [{ key: `set-aside-${setAsideAbove}`, event: 'set-aside', says: `${setAside} points are set aside, more than ${setAsideAbove}` }]
      : [];
  const isDear = costAboveUsd !== undefined && costUsd !== null && costUsd > costAboveUsd;
  const says = `it has cost ${costUsd?.toFixed(2)} US dollars by list price, more than ${costAboveUsd}`;
  return isDear ? [...points, { key: `cost-${costAboveUsd}`, event: 'cost', says }] : points;
}

/** Whether a hook asks for numbers, which cost a look at Qdrant. */
export function wantsNumbers({ on }: HookConfig): boolean {
  return on.includes('set-aside') || on.includes('cost');
}

/** What is sent of it. */
export function messageOf(migration: Migration, { event, says }: Omit<Happening, 'key'>, now: Date): HookMessage {
  const { id, phase, phaseNumber, spec, resolved } = migration;
  const { collection: target, alias } = spec.target;
  return { event, at: now.toISOString(), migration: id, name: spec.name, phase, phaseNumber, source: resolved.source, target, alias, says };
}
