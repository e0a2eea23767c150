import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode, Spec } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { inWords } from '../domain/parse-spec.ts';
import { changeInWords, changesOf, isRefused, isTakenUp, type SpecChange } from '../domain/spec-changes.ts';
import type { TakenUp } from '../domain/spec-fields.ts';
import { edited, hasEnded, hasSwitched, isEditable } from '../domain/transitions.ts';
import { changedKindOf } from '../plan/changed-field-plan.ts';
import { makePlan } from '../plan/make-plan.ts';
import { type CoordinatorDeps, isoNow, note } from '../ports/coordinator-deps.ts';
import { loadMigration } from '../ports/migration-document.ts';
import { announce, announceSpec } from '../stages/announce.ts';
import { changePhase } from '../stages/change-phase.ts';
import { originsOf } from '../stages/prepare.ts';
import { refusal } from './refuse-edit.ts';

/** A field that was taken up: its values as they are shown, and from when on the new one counts, in words. */
export type TakenChange = Pick<SpecChange, 'field' | 'before' | 'after'> & { readonly from: string };

export type Edited = { readonly migration: Migration; readonly changes: readonly TakenChange[] };

/**
 * Takes up what an edited spec of a migration that lives changes: every field counts from a moment that is said, or all are refused by name.
 * Written into the target's metadata before this answers. Throws `wrong-state` where a field decides the target's contents, or the phase lets
 * nothing be changed now; `plan-blocked` where a new value could not stand in a plan; `superseded`.
 */
export async function editSpec(deps: CoordinatorDeps, migration: Migration, spec: Spec): Promise<Edited> {
  const changes = changesOf(migration.spec, spec);
  if (changes.length === 0) return { migration, changes: [] };
  const refused = changes.filter(isRefused);
  if (refused.length > 0) throw await refusal(deps, migration, spec, refused);
  const taken = changes.filter(isTakenUp);
  checkEditable(migration, changes);
  const followed = await judged(deps, { ...migration, spec }, taken);
  // Before the document says otherwise: what another fleet has taken over is not edited here.
  await announce(deps, migration);
  if (taken.every(({ effect }) => effect.pace)) return tuned(deps, migration, spec, taken);
  const retries = taken.flatMap(({ effect }) => effect.retries ?? []);
  // Here as well: of an edit that is cut short behind the change, the same spec again knows nothing.
  await tryAgain(deps, migration.id, retries);
  await forgetSearches(deps, migration.id, taken);
  const now = await changePhase(deps, migration, (stored) => withEdit(stored, spec, taken, { ...followed, at: isoNow(deps) }));
  if (now === null) return editSpec(deps, await loadMigration(deps, migration.id), spec);
  await announce(deps, now);
  await tryAgain(deps, now.id, retries);
  await forgetSearches(deps, now.id, taken);
  return told(deps, now, taken);
}

/** How fast it goes changes nothing of what is done: the phase goes on, and so do those who work on it. */
async function tuned(deps: CoordinatorDeps, migration: Migration, spec: Spec, taken: readonly SpecChange<TakenUp>[]): Promise<Edited> {
  const now = await deps.migrations.update(migration.id, (stored) =>
    isDeepStrictEqual(stored.spec, migration.spec) ? { ...stored, spec, updatedAt: isoNow(deps) } : null,
  );
  if (now === null) return editSpec(deps, await loadMigration(deps, migration.id), spec);
  await announceSpec(deps, now);
  return told(deps, now, taken);
}

async function told(deps: CoordinatorDeps, now: Migration, taken: readonly SpecChange<TakenUp>[]): Promise<Edited> {
  const said = taken.map((change) => asTaken(now, change));
  for (const change of said) await note(deps, now.id, `spec: ${takenInWords(change)}`);
  return { migration: now, changes: said };
}

async function tryAgain({ setAside }: CoordinatorDeps, id: string, codes: readonly ErrorCode[]): Promise<void> {
  for (const code of codes) await setAside.retry(id, { code });
}

/** What gateways found of searches that were asked otherwise decides nothing any more. */
async function forgetSearches({ searchTallies }: CoordinatorDeps, id: string, taken: readonly SpecChange<TakenUp>[]): Promise<void> {
  if (taken.some(({ effect }) => effect.searches)) await searchTallies.forget(id);
}

/** `copy.pagePoints: 100 -> 200, from the next range on`. */
export function takenInWords(change: TakenChange): string {
  return `${changeInWords(change)}, ${change.from}`;
}

function checkEditable(migration: Migration, changes: readonly SpecChange[]): void {
  if (isEditable(migration)) return;
  const { id, phase } = migration;
  const fields = changes.map(changeInWords).join('; ');
  const why = hasEnded(migration)
    ? 'it has ended; give target.collection another name for a new migration'
    : 'submit it again once that is over';
  throw new ReembedError('wrong-state', `migration ${id} is ${phase}, so its spec cannot be changed (${fields}): ${why}`);
}

type Followed = Pick<Migration, 'resolved' | 'origins'>;

/** The new values as a plan judges them, and what follows from them. */
async function judged(deps: CoordinatorDeps, migration: Migration, taken: readonly SpecChange[]): Promise<Followed> {
  const { spec, resolved, witness, origins, claimed } = migration;
  const { plan, scene } = await makePlan(deps, { ...spec, source: { ...spec.source, collection: resolved.source } });
  const touches = (field: string) => taken.some((change) => field.startsWith(change.field) || change.field.startsWith(field));
  const blockers = plan.blockers.filter(({ field }) => touches(field));
  if (blockers.length > 0)
    throw new ReembedError('plan-blocked', inWords(`nothing of migration ${migration.id} was changed`, blockers), { issues: blockers });
  const { source } = scene.around;
  return {
    resolved: touches('sync.changedField') ? { ...resolved, changedKind: changedKindOf(scene) } : resolved,
    origins: claimed && source !== null ? originsOf(migration, source, witness) : origins,
  };
}

function withEdit(stored: Migration, spec: Spec, taken: readonly SpecChange<TakenUp>[], followed: Followed & { at: string }): Migration {
  const { at, ...known } = followed;
  const forgotten = Object.fromEntries(taken.flatMap(({ effect: { forgets } }) => (forgets === undefined ? [] : [[forgets, null]])));
  const anew = measuresAnew(stored, taken);
  const change = { ...known, ...forgotten, ...fillWithPages(stored), spec, ...(anew ? { gates: null, syncRounds: 0 } : {}) };
  return edited(stored, anew && stored.phase === 'ready' ? 'verifying' : stored.phase, at, change);
}

/** A page that is written and not read again may be as long as pages were, however short they are now. */
function fillWithPages({ fill, spec }: Migration): Pick<Migration, 'fill'> {
  return fill ? { fill: { ...fill, pagePointsBefore: Math.max(fill.pagePointsBefore ?? 0, spec.copy.pagePoints) } } : {};
}

/** What a switch went by is not measured again after it. */
function measuresAnew(migration: Migration, taken: readonly SpecChange<TakenUp>[]): boolean {
  return !hasSwitched(migration) && taken.some(({ effect }) => effect.gates);
}

function asTaken(migration: Migration, { field, before, after, effect }: SpecChange<TakenUp>): TakenChange {
  const late = hasSwitched(migration) && (effect.gates || field === 'switch.mode');
  return { field, before, after, from: late ? 'kept: it has switched, and nothing is measured or switched any more' : effect.from };
}
