import type { Phase } from '@reembed/contracts';
import { hasEnded } from '../domain/transitions.ts';
import { activeMigrationOf } from '../plan/read-scene.ts';
import { describeAll } from '../ports/collections.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

/** A collection that migration `id` is about to delete. */
export type ToDelete = { readonly id: string; readonly collection: string };

/** `isKeeper`: it has switched away from the collection, and keeps it for a rollback. */
export type User = { readonly id: string; readonly phase: string; readonly isKeeper: boolean; readonly mending: string | null };

const switchedAway: ReadonlySet<string> = new Set<Phase>(['observing', 'inserting-late', 'rolling-back', 'completing']);

/** Migrations that read, write or keep a collection: by what this fleet knows, and by the metadata of every collection. */
export async function usersOf(deps: CoordinatorDeps, what: ToDelete): Promise<User[]> {
  return [...(await usersInFleet(deps, what)), ...(await usersByMetadata(deps, what))];
}

async function usersInFleet({ migrations }: CoordinatorDeps, { id, collection: source }: ToDelete): Promise<User[]> {
  const others = (await migrations.list()).filter((other) => other.id !== id && !hasEnded(other));
  const users = others.filter(({ resolved, spec }) => resolved.source === source || spec.target.collection === source);
  return users.map(({ id: user, phase, spec }) => ({
    ...{ id: user, phase, mending: null },
    isKeeper: switchedAway.has(phase) && spec.target.collection !== source,
  }));
}

async function usersByMetadata({ collections }: CoordinatorDeps, { id, collection: source }: ToDelete): Promise<User[]> {
  const users: User[] = [];
  for await (const info of describeAll(collections)) {
    const found = activeMigrationOf(info);
    if (found === null || found.id === id || (info.name !== source && found.source !== source)) continue;
    const { id: user, phase, mending } = found;
    users.push({ id: user, phase, mending, isKeeper: switchedAway.has(phase) && info.name !== source });
  }
  return users;
}
