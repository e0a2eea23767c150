import { type MigrationView, type Owner, type ReverseSync, readOwner } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { setAsideKey } from '../domain/set-aside.ts';
import { hasEnded, possibleCommands } from '../domain/transitions.ts';
import { differencesIn } from '../domain/words.ts';
import { standingGates } from '../gates/gate-words.ts';
import { queryChange } from '../plan/query-change.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { progressOf } from '../ranges/progress.ts';
import { whatFits } from '../recipes/held-providers.ts';
import { boundOf } from '../scale/bound.ts';
import { type LoadDeps, loadOf } from '../scale/load.ts';
import { refusalOf, type Whereabouts, whereaboutsOf } from '../stages/whereabouts.ts';
import { type BridgeDeps, bridgeNow } from './bridge-view.ts';
import { fillingOf, nextStep, reverseSyncOf } from './next-step.ts';
import { paceOf } from './pace-view.ts';

export type ViewDeps = LoadDeps & Pick<CoordinatorDeps, 'setAside'> & Parameters<typeof whereaboutsOf>[0] & BridgeDeps;

/** A migration as the API shows it. */
export async function viewOf(deps: ViewDeps, migration: Migration): Promise<MigrationView> {
  const { spec, resolved } = migration;
  const [{ progress, bound }, owner, whereabouts, fits, bridge, pace, reverseSync] = await Promise.all([
    standingOf(deps, migration),
    unlessAway(ownerOf(deps, migration)),
    unlessAway(whereaboutsOf(deps, migration)),
    whatFits(deps, migration),
    unlessAway(bridgeNow(deps, migration)),
    paceOf(deps, migration),
    freshnessOf(deps, migration),
  ]);
  return {
    id: migration.id,
    name: spec.name,
    phase: migration.phase,
    phaseNumber: migration.phaseNumber,
    epoch: migration.epoch,
    createdAt: migration.createdAt,
    updatedAt: migration.updatedAt,
    source: resolved.source,
    target: spec.target.collection,
    alias: spec.target.alias,
    owner,
    possible: possibleNow(migration, whereabouts),
    progress,
    waiting: migration.waiting,
    bound,
    stoppedAt: migration.phase === 'paused' ? (migration.stoppedAt ?? null) : null,
    pace,
    fits,
    error: migration.error,
    verification: migration.verification,
    lag: migration.lag,
    gates: migration.gates,
    overrides: [...migration.overrides],
    blockedBy: standingGates(migration).map(({ gate }) => gate),
    filling: fillingOf(migration),
    reverseSync,
    bridge,
    lateWrites: { open: differencesIn(migration.lateWrites), findings: [...migration.lateWrites] },
    writers: migration.writers ?? null,
    rollback: migration.rollback,
    next: nextStep(migration, progress, whereabouts),
    queryChange: queryChange({ spec, catalogue: deps.catalogue, ...resolved }),
  };
}

/** How far it is, and what keeps it from being further. */
async function standingOf(deps: ViewDeps, migration: Migration): Promise<Pick<MigrationView, 'progress' | 'bound'>> {
  if (hasEnded(migration)) return { progress: await progressOf(deps, migration), bound: null };
  const load = await loadOf(deps, migration);
  return { progress: load.progress, bound: boundOf(load) };
}

async function ownerOf({ collections }: ViewDeps, migration: Migration): Promise<Owner | null> {
  if (!migration.claimed || hasEnded(migration)) return null;
  return readOwner((await collections.describe(migration.spec.target.collection))?.metadata);
}

async function freshnessOf({ setAside }: ViewDeps, migration: Migration): Promise<ReverseSync | null> {
  const known = reverseSyncOf(migration);
  if (known === null) return null;
  const key = setAsideKey({ ...migration, isReversed: true });
  const counted = await unlessAway(setAside.count(key));
  const first = counted?.open ? await unlessAway(setAside.page(key, null, 1)) : null;
  return { ...known, setAside: counted?.open ?? null, example: first?.entries[0]?.reason ?? null };
}

/** Null where Qdrant does not say: how a migration stands has to be seen above all while something is away. */
async function unlessAway<T>(asked: Promise<T | null>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (isReembedError(error)) return null;
    throw error;
  }
}

function possibleNow(migration: Migration, whereabouts: Whereabouts | null): MigrationView['possible'] {
  const possible = possibleCommands(migration);
  return whereabouts === null ? possible : possible.filter((command) => refusalOf(migration, command, whereabouts) === null);
}
