import type { Filling, Phase, ReverseSync } from '@reembed/contracts';
import { percent } from '../domain/amounts.ts';
import type { Migration } from '../domain/migration.ts';
import { fillsAfterSwitch, isInPlace, keptVectors } from '../domain/recipes-of.ts';
import { syncsBack } from '../domain/reverse-sync.ts';
import { nothingToLose } from '../domain/transitions.ts';
import { differencesIn, printedCommands, reembed } from '../domain/words.ts';
import { gateInWords, standingGates, wayOut } from '../gates/gate-words.ts';
import { queriesStay } from '../plan/old-queries.ts';
import { unknownLateWritesInWords } from '../ranges/late-writes.ts';
import { label } from '../recipes/target-vector.ts';
import { addedVectors, filledVectors } from '../recipes/target-vectors.ts';
import { writersInWords } from '../stages/watch-writers.ts';
import { astrayInWords, type Whereabouts } from '../stages/whereabouts.ts';

/** Points set aside: not accepted, and accepted to be missing; nulls while Qdrant cannot say. */
type Aside = { readonly setAside: number | null; readonly accepted: number | null };

/** What to do now, in words. `whereabouts`: of target and alias after the switch; null before, or while Qdrant cannot say. */
export function nextStep(migration: Migration, aside: Aside, whereabouts: Whereabouts | null = null): string {
  if (migration.error?.code === 'superseded') return `Nothing is done here: ${migration.error.message}`;
  const astray = whereabouts === null || migration.phase !== 'observing' ? null : astrayInWords(migration, whereabouts);
  if (astray !== null) return astray;
  return steps[migration.phase]?.(migration, aside) ?? goesOn(migration);
}

/** Of a stage under way. With no worker it goes nowhere, but one may be about to be started by what scales them. */
function goesOn({ waiting }: Migration): string {
  return waiting?.kind === 'worker' ? `It goes on as soon as a worker runs: ${reembed('worker')}.` : 'Nothing: it goes on by itself.';
}

const steps: Partial<Record<Phase, (migration: Migration, aside: Aside) => string>> = {
  ready: (migration, aside) => {
    const { id, spec } = migration;
    const { setAside } = aside;
    if (setAside === null)
      return 'Bring Qdrant back: it does not say whether points are set aside, and nothing is switched before it does.';
    if (setAside > 0)
      return `${setAside} point(s) are set aside (${reembed('failures', id)}): mend them in the source, or ${reembed('accept', id, '--all')}.`;
    const [stands] = standingGates(migration);
    if (stands !== undefined && !isInPlace(spec)) return `${gateInWords(stands)}. ${wayOut(id, stands)}`;
    return isInPlace(spec)
      ? `${moveOver(migration, aside)} Then: ${reembed('complete', id)}${droppingOld(migration)}`
      : `Everything is copied and verified. ${querySide(migration)} ${reembed('switch', id)}`;
  },
  observing: (migration, aside) => {
    const { id, lateWrites, rollback, resolved } = migration;
    const end = reembed('complete', id, '--confirm', resolved.source);
    if (lateWrites.length > 0)
      return `${differencesIn(lateWrites)} write(s) came late to "${resolved.source}": ${reembed('late-writes', id)} lists them; ${reembed('late-writes', id, '--insert-missing')} inserts what is missing, ${reembed('late-writes', id, '--accept')} takes them as they are.${unknownLateWritesInWords(migration)}`;
    if (rollback !== null)
      return `${rollback.writes} write(s) since the switch would be lost. To lose them: ${reembed('rollback', id, '--lose-writes', rollback.writes)}. To stay with the new collection: ${end}`;
    const writers = writersInWords(migration);
    if (writers !== null) return `${writers[0]?.toUpperCase()}${writers.slice(1)}. When that is mended: ${end}`;
    return `${readers(migration)}; "${resolved.source}" is kept${freshness(migration)}. ${twoStep(migration, aside)}Back: ${reembed('rollback', id)}. When all is well: ${end}`;
  },
  paused: ({ id, error, stoppedAt }) => {
    const look = `${reembed('report', id)}, ${reembed('compare', id, '…')}`;
    const reached = stoppedAt == null ? '' : `It has come to the ${percent(stoppedAt)} it was to go, to be looked at (${look}). `;
    const why = error === null ? reached : `Stopped: ${error.message}. `;
    return `${why}Nothing is written. Go on: ${reembed('resume', id)}. End it: ${reembed('cancel', id)}`;
  },
  failed: (migration) => {
    const stopped = `Stopped: ${migration.error?.message ?? 'the reason was lost'}`;
    // A reason that prints its own way out knows better.
    return printedCommands(stopped).length > 0 ? stopped : `${stopped}. Then: ${goOn(migration)}, or: ${reembed('cancel', migration.id)}`;
  },
  cancelled: (migration) => {
    const { collection } = migration.spec.target;
    return isInPlace(migration.spec)
      ? remainingVectors(migration)
      : `Source and alias are untouched. The collection "${collection}" remains, and a new migration takes from it what is still right. To delete it with all that is kept: ${reembed('discard', migration.id, '--confirm', collection)}`;
  },
  completed: ({ spec, resolved, dropVectors, sourceStays }) => {
    const dropped = dropVectors.length === 0 ? '' : ` Dropped: ${dropVectors.map(label).join(', ')}.`;
    if (isInPlace(spec)) return `Done: "${resolved.source}" has ${named(spec)}.${dropped}`;
    return `Done: ${sourceStays ?? `"${resolved.source}" is deleted`}.${dropped}`;
  },
  'rolled-back': (migration) => {
    const { id, spec } = migration;
    const { collection } = spec.target;
    const overwrite = nothingToLose(migration) ? [] : ['--overwrite'];
    return `${afterRollback(migration)} The target "${collection}" is left as it was. To sync and switch it again: ${reembed('adopt', collection, '--again', ...overwrite)}. To delete it: ${reembed('discard', id, '--confirm', collection)}`;
  },
};

/** `, and fresh as of 2026-01-01T00:00:05.000Z`; empty where it stays as it was. */
function freshness(migration: Migration): string {
  const { freshAsOf } = reverseSyncOf(migration) ?? {};
  if (freshAsOf === undefined) return '';
  return freshAsOf === null ? ', and is being brought up to date' : `, and fresh as of ${freshAsOf}`;
}

/** How fresh the old collection is kept; null: it is not. What cannot be made for it is counted elsewhere. */
export function reverseSyncOf({
  spec,
  phase,
  resolved,
  reverseLag,
  freshAsOf = null,
}: Migration): Omit<ReverseSync, 'setAside' | 'example'> | null {
  if (!syncsBack(spec) || !followsBack.includes(phase)) return null;
  return { collection: resolved.source, freshAsOf, differences: reverseLag?.differences ?? null };
}

const followsBack: readonly Phase[] = ['observing', 'inserting-late', 'rolling-back'];

/** A switch that stopped goes on as one, so the word for it says so. */
function goOn({ id, resumeTo, spec: { target } }: Migration): string {
  if (resumeTo !== 'switching') return reembed('resume', id);
  const moves = target.alias === null ? '' : `, which moves the alias "${target.alias}"`;
  return `${reembed('resume', id, '--switch')} goes on with the switch${moves}`;
}

/** In place: the vectors that completing may drop along. The unnamed one cannot be dropped. */
function droppingOld({ id, spec, resolved }: Migration): string {
  const filled = filledVectors(spec).map(({ vector }) => vector.name);
  const [old] = Object.keys(resolved.sourceVectors).filter((name) => name !== '' && !filled.includes(name));
  return old === undefined ? '' : `, or, if ${label(old)} shall go with it: ${reembed('complete', id, '--drop-vector', old)}`;
}

/** What queries have to do before the alias moves: nothing, where what they ask goes along under its name. */
function querySide(migration: Migration): string {
  return oldQueriesStay(migration) ? 'Queries stay as they are while the alias moves:' : 'Change the query side, then:';
}

function readers({ spec: { target } }: Migration): string {
  return target.alias === null ? `point readers at "${target.collection}"` : `readers of "${target.alias}" see the new collection`;
}

function oldQueriesStay({ spec, resolved, witness }: Migration): boolean {
  const madeDimensions = (vector: string) => witness[vector]?.dimensions ?? spec.vectors[vector]?.embed?.dimensions ?? null;
  return queriesStay({ spec, ...resolved, madeDimensions });
}

/** Old and new vectors side by side: when applications may move from one to the other. */
function twoStep(migration: Migration, aside: Aside): string {
  const { id, spec } = migration;
  if (!fillsAfterSwitch(spec)) return '';
  const without = aside.setAside ? `${aside.setAside} point(s) cannot be given ${named(spec)} (${reembed('failures', id)}). ` : '';
  return `${without}${moveOver(migration, aside)} Points written without it are filled in until then, as long as a coordinator and a worker run. `;
}

function moveOver(migration: Migration, { setAside, accepted }: Aside): string {
  const { spec } = migration;
  const { lacking, at } = fillingOf(migration) ?? { lacking: null, at: null };
  const stay = oldQueriesStay(migration);
  if (lacking === null) return `${stay ? 'Queries stay as they are: w' : 'W'}hether every point has ${named(spec)} is being looked at.`;
  if (lacking > 0)
    return `${lacking} point(s) lacked ${named(spec)} at ${at}: applications still write without; they are filled in${stay ? ', and queries stay as they are until that is 0' : ''}.`;
  const without = (setAside ?? 0) + (accepted ?? 0);
  const who = whoGetIt(spec);
  const every = who === null ? 'Every point' : `Every point ${who}`;
  const all = without === 0 ? every : `${every} but the ${without} that are set aside`;
  const others = who === null ? '' : ' The others never get it, and a search of it does not find them: the bridge does.';
  if (!stay) return `${all} has ${named(spec)}: applications bring it along when they write.`;
  const kept = keptVectors(spec).map(({ name }) => label(name));
  const stays = kept.length === 0 ? '' : ` queries of ${kept.join(', ')} work as before;`;
  return `${all} has ${named(spec)}:${stays} applications may move to ${named(spec)} now, one by one: their queries ask it, and their writes bring it along.${others}`;
}

/** Which points are given what is filled in, where the spec leaves some out for good; null: all are. */
export function whoGetIt(spec: Migration['spec']): string | null {
  const filled = filledVectors(spec).map(({ vector }) => {
    const { embed, sparse, multivector } = spec.vectors[vector.name] ?? {};
    return (embed ?? sparse ?? multivector)?.onMissingText;
  });
  const words = [
    ...(isInPlace(spec) && spec.source.filter !== null ? ['that source.filter matches'] : []),
    ...(filled.includes('keep-without-vector') ? ['that has a text'] : []),
  ];
  return words.length === 0 ? null : words.join(' and ');
}

function named(spec: Migration['spec']): string {
  return filledVectors(spec)
    .map(({ vector }) => label(vector.name))
    .join(', ');
}

function remainingVectors({ spec, resolved, dropVectors }: Migration): string {
  const { collection } = spec.target;
  const left = addedVectors(spec)
    .map(({ name }) => name)
    .filter((name) => resolved.addedVectors.includes(name) && !dropVectors.includes(name));
  if (left.length === 0) return `Payloads and other vectors of "${collection}" are untouched; nothing that was added remains.`;
  const how = left.map((name) => `DELETE /collections/${collection}/vectors/${name}`).join(', ');
  return `Payloads and other vectors of "${collection}" are untouched. What was added remains: ${left.map(label).join(', ')}; to take it away: ${how}.`;
}

function afterRollback({ spec: { target }, resolved }: Migration): string {
  if (target.alias === null) return 'There was no alias to take back: point readers where they were.';
  return resolved.aliasBefore === null
    ? `The alias "${target.alias}" is gone, as before the migration.`
    : `Readers see "${resolved.aliasBefore}" again.`;
}

/** What a migration fills in where points live, in place or after a two-step switch, and how many lacked it at the last look. Null: nothing. */
export function fillingOf(migration: Pick<Migration, 'spec' | 'phase' | 'lag' | 'verification'>): Filling | null {
  const { spec, phase } = migration;
  const vectors = isInPlace(spec) || phase === 'observing' ? filledVectors(spec).map(({ vector }) => vector.name) : [];
  return vectors.length === 0 ? null : { vectors, ...(lastLook(migration) ?? { lacking: null, at: null }) };
}

/** What was compared before a switch says nothing of the time after it. */
function lastLook({ spec, lag, verification }: Pick<Migration, 'spec' | 'lag' | 'verification'>) {
  const filled = lag === null ? null : { lacking: lag.differences, at: lag.at };
  if (!isInPlace(spec) || verification === null) return filled;
  const compared = { lacking: differencesIn(verification.findings), at: verification.at };
  return filled === null || filled.at < compared.at ? compared : filled;
}
