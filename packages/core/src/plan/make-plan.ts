import type { Issue, Plan, Resolved, Spec } from '@reembed/contracts';
import type { PointText } from '../ports/collections.ts';
import { keptVectors } from '../recipes/target-vectors.ts';
import type { CoordinatorDeps } from '../stages/stage.ts';
import { findBlockers } from './blockers.ts';
import { estimateEmbeds } from './estimate-embeds.ts';
import { queryChange } from './query-change.ts';
import { remindersFor } from './reminders.ts';
import { type Surroundings, surroundings } from './surroundings.ts';
import { heldBackSettings } from './target-schema.ts';

/** Points read to see how texts look. */
const samplePoints = 256;

export type PlanDeps = Pick<CoordinatorDeps, 'collections' | 'points' | 'catalogue'>;

/** A plan, and what a submission keeps of it: null where something blocks it. */
export type PlanResult = { readonly plan: Plan; readonly resolved: Resolved | null; readonly around: Surroundings };

/** Reads source, aliases and a sample, and says what the migration would do, what it costs and what stands in its way. Writes nothing. */
export async function makePlan(deps: PlanDeps, spec: Spec): Promise<PlanResult> {
  const around = await surroundings(deps.collections, spec);
  const sample = around.source === null ? [] : await deps.points.sample(around.source.name, samplePoints);
  const points = around.source === null ? 0 : await deps.collections.count(around.source.name);
  const blockers = findBlockers({ spec, around, sample, catalogue: deps.catalogue });
  return {
    plan: describePlan(deps, spec, around, sample, points, blockers),
    resolved: blockers.length > 0 ? null : resolve(spec, around),
    around,
  };
}

function describePlan(
  deps: PlanDeps,
  spec: Spec,
  around: Surroundings,
  sample: readonly PointText[],
  points: number,
  blockers: Issue[],
): Plan {
  const { source } = around;
  const { alias } = spec.target;
  return {
    source: { collection: source?.name ?? spec.source.collection, alias: around.sourceAlias, points, status: source?.status ?? 'missing' },
    target: { collection: spec.target.collection, exists: around.target !== null },
    alias: alias === null ? null : { name: alias, pointsAt: around.aliases.get(alias) ?? null },
    serverVersion: around.serverVersion,
    sampledPoints: sample.length,
    embeds: estimateEmbeds(spec, deps.catalogue, sample, points),
    keeps: keptVectors(spec).map(({ name, from }) => ({ vector: name, from })),
    blockers,
    reminders: remindersFor(spec, around, deps.catalogue),
    queryChange: queryChange(spec, deps.catalogue),
  };
}

function resolve(spec: Spec, { source, aliases, serverVersion }: Surroundings): Resolved | null {
  if (source === null) return null;
  const { alias } = spec.target;
  return {
    source: source.name,
    aliasBefore: alias === null ? null : (aliases.get(alias) ?? null),
    serverVersion,
    heldBack: heldBackSettings(spec, source),
  };
}
