import type { Gates, Progress, Report } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import type { Migration, PhaseBegun } from '../domain/migration.ts';
import { waitsForWord, withWaits } from '../domain/transitions.ts';
import { queryChange } from '../plan/query-change.ts';
import { type CoordinatorDeps, isoNow } from '../ports/coordinator-deps.ts';
import { thresholdInWords } from '../quality/score-threshold.ts';
import { progressOf, throughputOf } from '../ranges/progress.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { verdictOf } from './report-verdict.ts';

/** Points set aside that a report lists. */
const listedSetAside = 100;

/** Everything worth telling of a migration, as it stands. */
export async function reportOf(deps: CoordinatorDeps, migration: Migration): Promise<Report> {
  const { id, spec, resolved, verification } = migration;
  const progress = await progressOf(deps, migration);
  const [old, fresh, setAside, gates] = await Promise.all([
    deps.collections.describe(resolved.source),
    deps.collections.describe(spec.target.collection),
    deps.setAside.page(id, null, listedSetAside),
    measured(deps, migration),
  ]);
  // What has been deleted since is known from when it was there.
  const kept = old === null ? ((await deps.records.load(id))?.report ?? null) : null;
  const at = isoNow(deps);
  return {
    format: 1,
    at,
    migration: {
      id,
      name: spec.name,
      phase: migration.phase,
      source: resolved.source,
      target: spec.target.collection,
      alias: spec.target.alias,
      createdAt: migration.createdAt,
    },
    ...verdictOf(migration, progress.setAside),
    gates,
    overrides: [...migration.overrides],
    counts: {
      source: verification?.sourcePoints ?? progress.sourcePoints,
      target: verification?.targetPoints ?? 0,
      compared: verification?.compared ?? 0,
      setAside: progress.setAside ?? 0,
      accepted: progress.accepted ?? 0,
      findings: verification?.findings ?? [],
    },
    cost: { texts: progress.texts, tokens: progress.tokens, usd: progress.costUsd, kept: progress.kept },
    trial: trialOf(migration, progress),
    phases: phasesOf(withWaits(migration, at), at),
    throughput: throughputOf(migration.samples),
    setAside: setAside.entries.map(({ id: point, vector, code, reason, accepted }) => ({ id: point, vector, code, reason, accepted })),
    collections: { old: settingsOf(old) ?? kept?.collections.old ?? null, new: settingsOf(fresh) },
    oldVectors: old === null ? (kept?.oldVectors ?? []) : oldVectorsOf(migration, old),
    vectors: targetVectors(spec).map(({ name, recipe }) => ({ name, recipe, model: migration.origins[name]?.model ?? null })),
    queryChange: [...queryChange({ spec, catalogue: deps.catalogue, ...migration.resolved }), ...carriedThreshold(gates)],
    bridge: [...(migration.bridged ?? [])],
    searches: await deps.searchTallies.load(id),
    shadow: migration.gates?.shadow ?? null,
  };
}

function carriedThreshold(gates: Gates | null): string[] {
  const threshold = gates?.quality.threshold ?? null;
  return threshold === null ? [] : [`Score threshold: ${thresholdInWords(threshold)}.`];
}

/** What the switch goes by; another measurement's numbers, or a lost Redis's none, are not shown as this one's. */
async function measured(deps: CoordinatorDeps, { id, gates }: Migration): Promise<Gates | null> {
  const whole = await deps.gates.load(id);
  return whole !== null && whole.at === gates?.at ? whole : null;
}

function trialOf(
  { resolved: { earlier } }: Migration,
  { texts, kept, costUsd }: Pick<Progress, 'texts' | 'kept' | 'costUsd'>,
): Report['trial'] {
  if (!earlier?.trial) return null;
  const savedUsd = costUsd === null || texts === 0 ? null : (kept * costUsd) / texts;
  return { id: earlier.migration, ...earlier.trial, savedUsd };
}

function phasesOf(history: readonly PhaseBegun[], now: string): Report['phases'] {
  return history.map(({ phase, at, waitedMs = 0 }, index) => {
    const lasted = Math.max(0, Date.parse(history[index + 1]?.at ?? now) - Date.parse(at));
    const idle = waitsForWord(phase);
    // At rest it waits for everybody.
    const waited = idle ? 0 : Math.min(lasted, waitedMs);
    return { phase, from: at, tookMs: lasted - waited, waitedMs: waited, idle };
  });
}

function oldVectorsOf({ spec, resolved }: Migration, old: CollectionInfo): Report['oldVectors'] {
  const origins = sourceOrigins(spec, old);
  const names = [...Object.keys(old.vectors), ...Object.keys(old.sparseVectors)].filter((name) => !resolved.addedVectors.includes(name));
  return names.map((name) => ({ name, model: origins[name]?.model ?? null }));
}

/** A configuration without what is counted or kept beside it. */
function settingsOf(info: CollectionInfo | null): Record<string, unknown> | null {
  if (info === null) return null;
  const { name: _name, status: _status, pointsCount: _points, metadata: _metadata, ...settings } = info;
  return settings;
}
