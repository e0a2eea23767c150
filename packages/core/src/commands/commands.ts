import { type Command, metadataKeys, type OverrideWord, readClaim, readDecisions, type Spec } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { hasEnded, phaseAfter, possibleCommands } from '../domain/transitions.ts';
import { findingsInWords, reembed } from '../domain/words.ts';
import { checkGates, overridesOf } from '../gates/gate-words.ts';
import { withShadowGate } from '../gates/shadow-gate.ts';
import { hasVector } from '../plan/target-schema.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { loadMigration } from '../ports/migration-document.ts';
import { unknownLateWritesInWords } from '../ranges/late-writes.ts';
import { liftHolds } from '../recipes/held-providers.ts';
import { filledVectors } from '../recipes/target-vectors.ts';
import { confirmOwned } from '../stages/announce.ts';
import { move } from '../stages/change-phase.ts';
import { keeperOf, markForDrop } from '../stages/drop-source.ts';
import { actFreshly } from '../stages/fresh-act.ts';
import { isAliasThere } from '../stages/live-target.ts';
import { checkNotAstray } from '../stages/whereabouts.ts';
import { shortDecisions } from './decisions.ts';

/** The words that some commands want. */
export type CommandWords = {
  /** rollback: how many writes since the switch may be lost. */
  readonly loseWrites?: number | undefined;
  /** complete: the name of the collection that is deleted. */
  readonly confirm?: string | undefined;
  /** complete: an old vector of the collection in use that goes with it. */
  readonly dropVector?: string | undefined;
  /** cancel, in place: the vectors that were added, to take them away again. */
  readonly dropVectors?: readonly string[] | undefined;
  /** resume: how many points sync may delete from the target. */
  readonly allowDeletes?: number | undefined;
  /** resume: a switch that stopped goes on, and moves the alias. */
  readonly switch?: boolean | undefined;
  /** switch, and resume with a switch: writes that come while the alias moves are listed instead of stopping it. */
  readonly acceptLateWrites?: boolean | undefined;
  /** switch: somebody pointed the alias at the target already, and that is the switch. */
  readonly madeByHand?: boolean | undefined;
  /** switch: words against gates that stand in the way. */
  readonly override?: OverrideWord | readonly OverrideWord[] | undefined;
};

/**
 * Carries out a person's command: checks that the phase allows it, keeps the decision and who took it (`by`), and moves on. Throws
 * `not-found`, `wrong-state`, `confirmation-needed`, `superseded`.
 */
export async function command(
  deps: CoordinatorDeps,
  id: string,
  wanted: Command,
  words: CommandWords = {},
  by = 'api',
): Promise<Migration> {
  const found = await loadOwned(deps, id);
  if (wanted === 'complete' && words.dropVector !== undefined) await checkNotCompleted(deps, found, words.dropVector);
  if (wanted === 'resume') await liftHolds(deps, found);
  // What has gone on by itself since it was said to wait is no mistake of whoever read that.
  if (wanted === 'resume' && possibleCommands(found).includes('pause')) return found;
  const to = phaseAfter(found, wanted);
  const judged = wanted === 'switch' && words.madeByHand !== true ? await withShadowGate(deps, found) : found;
  const migration = withOverrides(judged, wanted === 'switch' ? words.override : undefined, { by, at: isoNow(deps) });
  await checks[wanted]?.(deps, migration, words);
  await keepDecision(deps, migration, wanted, by);
  const now = await move(deps, migration, to, { ...changeOf(migration, wanted, words), overrides: migration.overrides });
  // Somebody else moved it between the look and the act: judge again by what it is now.
  return now ?? command(deps, id, wanted, words, by);
}

/**
 * A migration that a person's word is for. Throws `superseded` where another fleet has it, or is further: what is known here is no ground for an
 * act, and each would count its numbers up, until they pass for newer than the target's. A Qdrant that does not answer keeps nobody from saying
 * pause or cancel: what acts looks again.
 */
export async function loadOwned(deps: Pick<CoordinatorDeps, 'migrations' | 'collections'>, id: string): Promise<Migration> {
  const migration = await loadMigration(deps, id);
  const { error } = migration;
  if (error?.code === 'superseded') throw new ReembedError(error.code, error.message);
  if (migration.claimed && !hasEnded(migration)) await confirmOwned(deps, migration).catch(unlessSuperseded);
  return migration;
}

function unlessSuperseded(error: unknown): void {
  if (!isReembedError(error) || error.code === 'superseded') throw error;
}

function withOverrides(migration: Migration, given: CommandWords['override'] = [], said: { by: string; at: string }): Migration {
  const words = 'gate' in given ? [given] : given;
  return { ...migration, overrides: [...migration.overrides, ...overridesOf(migration, words, said)] };
}

/** What a word changes in the document besides the phase. */
function changeOf(
  { error, resumeTo, phase }: Migration,
  wanted: Command,
  { loseWrites, allowDeletes, switch: switching, acceptLateWrites, madeByHand, dropVector, dropVectors }: CommandWords,
): Partial<Migration> {
  if (wanted === 'rollback') return { loseWrites: loseWrites ?? null, syncRounds: 0, differing: null, comparedPass: null };
  // What was inserted into the target while others used it looks like points that vanished from the source: none goes unasked.
  const unasked = error?.code === 'target-live' ? 0 : null;
  const approval = { acceptLateWrites: acceptLateWrites ?? false };
  const goesOn = switching === true && resumeTo === 'switching' ? { approval } : {};
  if (wanted === 'resume' && phase === 'observing') return { deletesAllowed: allowDeletes ?? null };
  if (wanted === 'resume') return { syncRounds: 0, deletesAllowed: allowDeletes ?? unasked, gates: null, ...goesOn };
  if (wanted === 'verify') return { syncRounds: 0, gates: null };
  if (wanted === 'switch' && madeByHand) return { cutover: 'look-back', comparedPass: null };
  if (wanted === 'switch') return { syncRounds: 0, approval };
  if (wanted === 'complete') return { dropVectors: dropVector === undefined ? [] : [dropVector] };
  if (wanted === 'cancel') return { dropVectors: dropVectors ?? [] };
  return {};
}

/** What was switched by hand is taken for switched where the alias says so; gates would come too late. */
function checkMadeByHand(migration: Migration, aliases: ReadonlyMap<string, string>): void {
  const { id, spec } = migration;
  const { alias, collection } = spec.target;
  if (isAliasThere(migration, aliases)) return;
  const fault = alias === null ? `no alias points at "${collection}"` : `the alias "${alias}" does not point at "${collection}"`;
  throw new ReembedError('wrong-state', `migration ${id} was not switched by hand: ${fault}`);
}

type Check = (deps: CoordinatorDeps, migration: Migration, words: CommandWords) => Promise<void>;

const checks: Partial<Record<Command, Check>> = {
  cancel: async (deps, migration, { dropVectors = [] }) => {
    const { id, spec, resolved } = migration;
    const { alias, collection } = spec.target;
    checkAdded(id, resolved.addedVectors, dropVectors);
    if (alias === null || (await deps.collections.aliases()).get(alias) !== collection) return;
    // One that found the name taken has no target that is in use: cancelling it touches none.
    const holder = readClaim((await deps.collections.describe(collection))?.metadata)?.id;
    if (holder !== undefined && holder !== id) return;
    throw new ReembedError(
      'wrong-state',
      `the alias "${alias}" points at the target of migration ${id} already: ${insteadOfCancel(migration)}`,
    );
  },
  switch: async (deps, migration, { madeByHand }) => {
    const { id } = migration;
    if (madeByHand) checkMadeByHand(migration, await deps.collections.aliases());
    else if (migration.phase === 'failed')
      throw new ReembedError(
        'confirmation-needed',
        `migration ${id} was not ready to switch: ${reembed('switch', id, '--made-by-hand')}, or ${reembed('resume', id)}`,
      );
    else checkGates(migration);
    const setAside = await deps.setAside.count(id);
    if (setAside.open === 0) return;
    throw new ReembedError(
      'wrong-state',
      `${setAside.open} point(s) of migration ${id} are set aside and would be missing: see ${reembed('failures', id)}; mend them in the source and sync tries again, or ${reembed('accept', id, '--all')}`,
    );
  },
  resume: async (_, migration, words) => {
    const { id, resumeTo, spec } = migration;
    const { alias, collection } = spec.target;
    if (resumeTo !== 'switching' || words.switch === true) return;
    const moves = alias === null ? 'switches it' : `goes on with that and points the alias "${alias}" at "${collection}"`;
    throw new ReembedError(
      'confirmation-needed',
      `migration ${id} stopped while it switched: ${reembed('resume', id, '--switch')} ${moves}; ${reembed('cancel', id)} ends it and leaves readers where they are`,
    );
  },
  rollback: (deps, migration) => checkNotAstray(deps, migration, 'rollback'),
  complete: async (deps, migration, { confirm, dropVector }) => {
    if (dropVector !== undefined) await checkDroppable(deps, migration, dropVector);
    if (isInPlace(migration.spec)) return;
    await checkNotAstray(deps, migration, 'complete');
    const { source } = migration.resolved;
    if (confirm !== source) {
      throw new ReembedError(
        'confirmation-needed',
        `completing deletes the collection "${source}" for good, and wants its name: ${reembed('complete', migration.id, '--confirm', source)}`,
      );
    }
    checkNoLateWrites(migration);
    await keeperOf(deps, { id: migration.id, collection: source });
    await markForDrop(deps, migration);
  },
};

function insteadOfCancel(migration: Migration): string {
  const { id, resumeTo } = migration;
  if (resumeTo === 'switching') return `${reembed('resume', id, '--switch')} ends the switch; roll it back then`;
  const byHand = possibleCommands(migration).includes('switch') ? `, or ${reembed('switch', id, '--made-by-hand')}` : '';
  return `point it elsewhere, then cancel${byHand}`;
}

/** Only what a migration added itself is taken away when it is cancelled, and only by name. */
function checkAdded(id: string, added: readonly string[], wanted: readonly string[]): void {
  const stray = wanted.find((name) => !added.includes(name));
  if (stray === undefined) return;
  const known = added.length === 0 ? 'it added none' : `it added ${added.map((name) => `"${name}"`).join(', ')}`;
  throw new ReembedError('confirmation-needed', `vector "${stray}" was not added by migration ${id}, so cancelling drops it not: ${known}`);
}

async function checkDroppable(deps: CoordinatorDeps, { id, spec }: Migration, name: string): Promise<void> {
  const { collection } = spec.target;
  const info = await deps.collections.describe(collection);
  if (info === null || !hasVector(info, name)) throw new ReembedError('not-found', `"${collection}" has no vector "${name}" to drop`);
  if (filledVectors(spec).some(({ vector }) => vector.name === name))
    throw new ReembedError('wrong-state', `vector "${name}" is what migration ${id} made: name the old one`);
  if (name === '') throw new ReembedError('wrong-state', unnamedStays(spec, info));
}

/** Who thinks of the old vector when all is done hears how it goes, not only that it is too late. */
async function checkNotCompleted(deps: CoordinatorDeps, migration: Migration, name: string): Promise<void> {
  const { id, phase, spec } = migration;
  if (phase !== 'completed') return;
  await checkDroppable(deps, migration, name);
  const how = `DELETE /collections/${spec.target.collection}/vectors/${encodeURIComponent(name)}`;
  throw new ReembedError(
    'wrong-state',
    `migration ${id} is completed and drops nothing more: ${how} (Qdrant 1.18 or later) drops "${name}" for good`,
  );
}

/** The follow-up is a whole spec: it can be given to `reembed run` as it stands. */
function unnamedStays({ target: { collection, alias } }: Spec, info: CollectionInfo): string {
  const rest = [...Object.keys(info.vectors), ...Object.keys(info.sparseVectors)].filter((vector) => vector !== '');
  const followUp = {
    name: 'without-the-unnamed-vector',
    source: { collection },
    target: { collection: `${collection}_named`, ...(alias === null ? {} : { alias }) },
    vectors: Object.fromEntries(rest.map((vector) => [vector, { keep: vector }])),
  };
  return (
    'Qdrant cannot drop the unnamed vector of a collection that exists. Once no application queries it any more and the migration is completed ' +
    `(without --drop-vector), leave it behind with another migration, which embeds nothing: save this as a file and give it to \`reembed run\`: ${JSON.stringify(followUp)}`
  );
}

function checkNoLateWrites(migration: Migration): void {
  const { id, lateWrites } = migration;
  if (lateWrites.length === 0) return;
  throw new ReembedError(
    'wrong-state',
    `writes came late to the old collection: ${findingsInWords({ findings: [...lateWrites] })}; first ${reembed('late-writes', id, '--insert-missing')}, or ${reembed('late-writes', id, '--accept')} (${reembed('late-writes', id)} lists them).${unknownLateWritesInWords(migration)}`,
  );
}

/** Deals with the late writes of a switched migration: inserts those the target misses, or takes them as they are. */
export async function settleLateWrites(deps: CoordinatorDeps, id: string, act: 'insert-missing' | 'accept'): Promise<Migration> {
  const migration = await loadOwned(deps, id);
  if (migration.phase !== 'observing')
    throw new ReembedError('wrong-state', `migration ${id} is ${migration.phase}: late writes are dealt with while it is observing`);
  if (migration.lateWrites.length === 0) return migration;
  if (act === 'insert-missing') return (await move(deps, migration, 'inserting-late')) ?? settleLateWrites(deps, id, act);
  return (await move(deps, migration, 'observing', { lateWrites: [], lateUnlisted: [] })) ?? settleLateWrites(deps, id, act);
}

/** Approvals explain the result later: the act, who gave the word, and when. */
async function keepDecision(deps: CoordinatorDeps, { id, spec, overrides }: Migration, act: Command, by: string): Promise<void> {
  if (act !== 'switch' && act !== 'rollback' && act !== 'complete') return;
  const { collection } = spec.target;
  const look = async () => {
    const info = await deps.collections.describe(collection);
    // Gone, or somebody else's by now: the act goes without.
    if (readClaim(info?.metadata)?.id !== id) return null;
    const approvals = [...readDecisions(info?.metadata).approvals, { act, by, at: isoNow(deps) }];
    return shortDecisions({ approvals, overrides: [...overrides] });
  };
  await actFreshly(deps, look, (decisions) => deps.collections.patch(collection, { metadata: { [metadataKeys.decisions]: decisions } }));
}
