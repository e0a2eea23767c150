import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { hasEnded } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { loadMigration } from '../ports/migration-document.ts';
import type { InsertResult } from '../ports/state.ts';
import { editSpec, type TakenChange } from './edit-spec.ts';

/** A key of the client's, and what it was used for. */
export type Idempotency = { readonly key: string; readonly fingerprint: string };

export type Submission = {
  readonly migration: Migration;
  readonly how: 'created' | 'repeated' | 'running' | 'adopted' | 'again';
  /** What the spec changed of a migration that was there. */
  readonly changes?: readonly TakenChange[];
};

/** Keeps a new migration and queues its first stage. Throws `wrong-state` where another one has its target or alias, `idempotency-conflict`. */
export async function storeMigration(
  deps: CoordinatorDeps,
  migration: Migration,
  how: 'created' | 'adopted' | 'again',
  idempotency?: Idempotency,
): Promise<Submission> {
  const inserted = await insert(deps, migration, idempotency);
  if (inserted.kind === 'repeated') return repeated(deps, inserted, idempotency?.fingerprint ?? '');
  if (inserted.kind === 'taken') {
    const { by, what } = inserted;
    const holder = await deps.migrations.load(by);
    // Two submissions of one spec at the same moment: the second answers with the first.
    if (what === 'target' && holder !== null && !hasEnded(holder) && (how !== 'adopted' || by === migration.id))
      return { ...(await editSpec(deps, holder, migration.spec)), how: 'running' };
    throw taken(migration, { what, by, holder });
  }
  await deps.stageQueue.enqueue({ migrationId: migration.id, phaseNumber: migration.phaseNumber });
  await deps.events.publish(migration.id, {
    type: 'phase',
    at: migration.updatedAt,
    phase: migration.phase,
    number: migration.phaseNumber,
  });
  return { migration, how };
}

/** Throws `wrong-state` where storeMigration would: for what may not be undone once it is said elsewhere. */
export async function checkNamesFree(
  { migrations }: CoordinatorDeps,
  { id, spec: { target } }: Pick<Migration, 'id' | 'spec'>,
): Promise<void> {
  for (const holder of await migrations.list()) {
    if (holder.id === id || hasEnded(holder)) continue;
    const { collection, alias } = holder.spec.target;
    const what = collection === target.collection ? 'target' : alias !== null && alias === target.alias ? 'alias' : null;
    if (what !== null) throw taken({ spec: { target } }, { what, by: holder.id, holder });
  }
  const unread = (await migrations.unreadable()).find(
    (holder) => holder.id !== id && (holder.target === target.collection || (target.alias !== null && holder.alias === target.alias)),
  );
  if (unread !== undefined) throw new ReembedError(unread.code, unread.message);
}

type Taken = { readonly what: 'target' | 'alias'; readonly by: string; readonly holder: Migration | null };

function taken({ spec }: { readonly spec: Pick<Migration['spec'], 'target'> }, { what, by, holder }: Taken): ReembedError {
  const name = what === 'target' ? spec.target.collection : spec.target.alias;
  return new ReembedError('wrong-state', `the ${what} "${name}" is taken by migration ${by}: ${howToGet(holder)}`);
}

function howToGet(holder: Migration | null): string {
  if (holder !== null && hasEnded(holder)) return 'which has ended and lets go of it in a moment';
  if (holder?.error?.code === 'superseded') return `which another fleet has taken over; ${reembed('discard', holder.id)} forgets it here`;
  return 'wait for it, or cancel it first';
}

/** Names of a migration that has ended are free once that is announced: what it clears away afterwards need not be waited for. */
async function insert({ migrations }: CoordinatorDeps, migration: Migration, idempotency?: Idempotency): Promise<InsertResult> {
  const inserted = await migrations.insert(migration, idempotency);
  const holder = inserted.kind === 'taken' ? await migrations.load(inserted.by) : null;
  if (holder === null || !hasEnded(holder) || holder.announced !== holder.phaseNumber) return inserted;
  await migrations.release(holder.id);
  return migrations.insert(migration, idempotency);
}

/** Throws `idempotency-conflict` where the key was used for another spec. */
export async function repeated(
  deps: CoordinatorDeps,
  earlier: { id: string; fingerprint: string },
  fingerprint: string,
): Promise<Submission> {
  if (earlier.fingerprint !== fingerprint) {
    throw new ReembedError(
      'idempotency-conflict',
      `this Idempotency-Key was used for migration ${earlier.id} with another spec: use a new key`,
    );
  }
  return { migration: await loadMigration(deps, earlier.id), how: 'repeated' };
}
