import type { PointId } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { pointIdToJson } from '../domain/point.ts';
import { encodeQueries, encodersOf, unknownOld } from '../gates/query-encoders.ts';
import { patientSearches } from '../gates/search-sides.ts';
import { type CoordinatorDeps, note } from '../ports/coordinator-deps.ts';
import { isCurrent } from '../ports/migration-document.ts';
import type { QueryText } from '../ports/searches.ts';
import type { QueryLog } from '../ports/text-sources.ts';
import { whyHeld } from '../recipes/held-providers.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';
import type { StageResult } from './stage.ts';

/** Hits of a logged query that count as retrieved, at least: people are shown as many. */
const leastHits = 10;
const lookMs = 500;
/** How often the searches look whether the migration still waits for them. */
const lookEvery = 25;

/**
 * How long the old model and the searches are waited for, in ms, as long as for a server that is down while points are filled: what is only an order holds nothing
 * up for longer. A migration may well be away from a model that is gone.
 */
const patienceMs = 30 * 60_000;

/** A query that the source is asked, and how often people asked it. */
type Asked = { readonly query: QueryText; readonly times: number };

/**
 * Keeps the points that are to be filled first: those the log names, and those its queries find in the source, as applications ask it, counted by
 * how often. Null once they are known. They are only an order: where they cannot be found the migration goes on without, and says why.
 */
export async function findHot(deps: CoordinatorDeps, migration: Migration, signal: AbortSignal): Promise<Again | null> {
  const { id, spec } = migration;
  if ((await deps.ranges.hotWithin(id, { start: null, end: null })) !== null) return null;
  const isOver = await isPatienceOver(deps, migration);
  try {
    const log = await deps.textSources.queryLog(spec.copy.hotFirst.file ?? '');
    const asked = await askedOf(deps, migration, log, isOver);
    if (asked === null) return waiting(deps, migration);
    const counts = await countHits(deps, migration, asked, signal);
    if (counts === null) return { kind: 'again', afterMs: 0 };
    for (const point of log.points) counts.add(point.id, point.retrieved);
    await deps.ranges.keepHot(id, counts.most(spec.copy.hotFirst.points));
  } catch (error) {
    if (!isReembedError(error) || (error.retry === 'later' && !isOver)) throw error;
    await note(deps, id, `copy.hotFirst is left out, and points are filled in the order of their ids: ${error.message}`);
    await deps.ranges.keepHot(id, []);
  }
  return null;
}

type Again = Extract<StageResult, { kind: 'again' }>;

async function waiting(deps: CoordinatorDeps, migration: Migration): Promise<Again> {
  const held = await whyHeld(deps, migration);
  return {
    kind: 'again',
    afterMs: lookMs,
    waiting: held ?? { kind: 'embedding', reason: 'for workers to embed the queries of copy.hotFirst, half an hour at most' },
  };
}

/** Every query of the log as the old vector is asked; null while the fleet embeds. Without its texts, and with a note, where these cannot be embedded. */
async function askedOf(deps: CoordinatorDeps, migration: Migration, log: QueryLog, isOver: boolean): Promise<Asked[] | null> {
  const { id, spec, resolved } = migration;
  const { using } = spec.search.old;
  const given = [...log.vectors].map(([query, times]) => ({ query, times }));
  if (log.texts.size === 0) return given;
  const source = await deps.collections.describe(resolved.source);
  const known =
    source === null ? null : encodersOf([using], { origins: sourceOrigins(spec, source), unknown: unknownOld(source) }, deps.catalogue);
  const failed = known === null ? `"${resolved.source}" is gone` : 'failed' in known ? known.failed : null;
  if (known === null || 'failed' in known) return leftOut(deps, id, failed, given);
  const encoded = await encodeQueries(deps, id, known.encoders, [...log.texts.keys()]).catch((error: unknown) => {
    if (!isReembedError(error) || (error.retry === 'later' && !isOver)) throw error;
    return { failed: error.message };
  });
  if (encoded === null) return isOver ? leftOut(deps, id, 'nothing has embedded them for half an hour', given) : null;
  if ('failed' in encoded) return leftOut(deps, id, encoded.failed, given);
  const texts = [...log.texts].flatMap(([text, times]) => {
    const query = encoded.get(text)?.[using];
    return query === undefined ? [] : [{ query, times }];
  });
  return [...given, ...texts];
}

/** From when on workers were there to be asked. What rested, or whose coordinator was gone, is waited for anew. */
async function isPatienceOver({ hotSought, fleet, clock }: CoordinatorDeps, { id, phaseNumber }: Migration): Promise<boolean> {
  const key = `${id} ${phaseNumber}`;
  const since = hotSought.get(key);
  if (since !== undefined) return clock.monotonicMs() - since >= patienceMs;
  if ((await fleet.workers()) > 0) hotSought.set(key, clock.monotonicMs());
  return false;
}

async function leftOut(deps: CoordinatorDeps, id: string, why: string | null, rest: Asked[]): Promise<Asked[]> {
  await note(deps, id, `the texts of copy.hotFirst are left out: ${why}`);
  return rest;
}

/** Null where nobody waits for them any more. */
async function countHits(
  deps: CoordinatorDeps,
  migration: Migration,
  asked: readonly Asked[],
  signal: AbortSignal,
): Promise<Counts | null> {
  const { search } = patientSearches(deps);
  const profile = migration.spec.search.old;
  const limit = Math.max(profile.limit, leastHits);
  const counts = countPoints();
  for (const [at, { query, times }] of asked.entries()) {
    if (at % lookEvery === 0 && !(await isCurrent(deps, migration))) return null;
    const request = { profile, queries: { [profile.using]: query }, limit, exact: false, fields: [], signal };
    const { hits } = await search(migration.resolved.source, request);
    for (const hit of hits) counts.add(hit.id, times);
  }
  return counts;
}

type Counts = ReturnType<typeof countPoints>;

function countPoints() {
  const counts = new Map<string, { readonly id: PointId; count: number }>();
  return {
    add(id: PointId, times: number): void {
      const key = pointIdToJson(id);
      const known = counts.get(key) ?? { id, count: 0 };
      known.count += times;
      counts.set(key, known);
    },
    most(points: number): PointId[] {
      const sorted = [...counts.values()].sort((a, b) => b.count - a.count);
      return sorted.slice(0, points).map(({ id }) => id);
    },
  };
}
