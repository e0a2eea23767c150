import type { PointId, VectorOrigin, WritersLook } from '@reembed/contracts';
import { type ChangedKind, changedSince } from '../domain/changed-field.ts';
import { isReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { payloadsEqual } from '../domain/payload-text.ts';
import type { Filter, PointText } from '../domain/point.ts';
import { byId, pointIdSet } from '../domain/point-id-set.ts';
import { embedVectors, poisonable } from '../domain/recipes-of.ts';
import { cosine } from '../domain/vector-base64.ts';
import { sameVectorCosine, spaceOf } from '../domain/vector-spaces.ts';
import { reembed } from '../domain/words.ts';
import { retrieveAll } from '../ports/collections.ts';
import { type CoordinatorDeps, type DrawnWrite, isoNow, note } from '../ports/coordinator-deps.ts';
import { updateInPhase } from '../ports/migration-document.ts';
import { askEmbeddings } from '../recipes/model-calls.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';
import { withTextsOnce } from '../recipes/point-texts.ts';
import { readRows } from '../recipes/stored-vector.ts';
import { targetPayloads, targetText } from '../recipes/target-payload.ts';
import { lookMs } from './rests.ts';

/*
 * After the switch an application that nobody thought of may go on writing vectors of the old model. Where both have as many dimensions no server
 * refuses them, and searches do not find them. So texts of a few points are embedded again, by both models, as long as the old collection is kept:
 * 256 points are drawn, and the 20 most suspicious of them embedded, with those that were found before, of which some may have been written again: the first look after a minute, each later one twice as long after the one before, up to an
 * hour. A writer of one point in a thousand is seen within some hours, one of one in a hundred thousand within weeks, unless `sync.changedField` tells which
 * points were written since.
 */
const drawnPoints = 256;
const textsALook = 20;
const firstRestMs = 60_000;
const longestRestMs = 3_600_000;
/** Ids that are kept, and looked at again. */
const mostIds = 20;

/** Looks where it is time; answers how long until the next look, in ms, or null where nothing has to be looked for. */
export async function watchWriters(deps: CoordinatorDeps, migration: Migration): Promise<number | null> {
  const names = poisonable(migration);
  if (names.length === 0) return null;
  const restMs = restLeftMs(migration, deps.clock.now().getTime());
  if (restMs > 0) return restMs;
  const found = await look(deps, migration, names).catch((error: unknown) => asUnable(error, foundBefore(migration)));
  if (found === null) return lookMs;
  deps.writersDrawn.delete(migration.id);
  const before = migration.writers ?? null;
  const writers = added(before, found, isoNow(deps));
  if ((await updateInPhase(deps, migration, { writers })) === null) return lookMs;
  if (writers.old > (before?.old ?? 0)) await note(deps, migration.id, `alarm: ${writersInWords({ ...migration, writers })}`);
  return restLeftMs({ ...migration, writers }, deps.clock.now().getTime());
}

/** What was found of old writers, in words with the way out; null: nothing. */
export function writersInWords({ id, writers, resolved, spec }: Pick<Migration, 'id' | 'writers' | 'resolved' | 'spec'>): string | null {
  if (!writers || writers.old === 0) return null;
  const ids = writers.ids.map((point) => point.id).join(', ');
  return (
    `an application still writes vectors of the old model to "${spec.target.collection}": ${writers.old} of ${writers.looked} that were looked at carry them (points ${ids}), ` +
    `and searches by the new model do not find those. Stop it, or have it write texts through a gateway; then write these points again by the new model. Until then, back to "${resolved.source}": ${reembed('rollback', id)}`
  );
}

function restLeftMs({ writers, history }: Pick<Migration, 'writers' | 'history'>, nowMs: number): number {
  const last = writers?.at ?? history.at(-1)?.at;
  const restMs = Math.min(longestRestMs, firstRestMs * 2 ** Math.min(writers?.looks ?? 0, 10));
  const restedMs = last === undefined ? restMs : nowMs - Date.parse(last);
  // A clock that was set back: nobody waits for that moment to come.
  return restedMs < 0 ? 0 : Math.max(0, restMs - restedMs);
}

/** What one look found of points that no look had found before. `stale`: those of before that are as bad as they were. */
type Found = Pick<WritersLook, 'looked' | 'old' | 'unlike' | 'ids' | 'unable'> & { readonly stale: readonly PointId[] };

const nothing: Found = { looked: 0, old: 0, unlike: 0, ids: [], unable: null, stale: [] };

/** A look that cannot be made hinders nothing else; a store that is away is waited for as everywhere. */
function asUnable(error: unknown, stale: readonly PointId[]): Found {
  if (!isReembedError(error) || error.code === 'redis-unreachable' || error.code === 'superseded') throw error;
  return { ...nothing, stale, unable: `${error.message} [${error.code}]` };
}

/** Points that looks before this one found, as far as they are kept. */
function foundBefore({ writers }: Pick<Migration, 'writers'>): readonly PointId[] {
  return writers?.ids ?? [];
}

function added(before: WritersLook | null, found: Found, at: string): WritersLook {
  const { looks = 0, looked = 0, old = 0, unlike = 0, ids = [] } = before ?? {};
  const stale = pointIdSet(found.stale);
  const kept = ids.filter((id) => stale.has(id));
  const known = byId([...kept, ...found.ids].map((id) => ({ id })));
  return {
    ...{
      at,
      looks: looks + 1,
      looked: looked + found.looked,
      old: old - (ids.length - kept.length) + found.old,
      unlike: unlike + found.unlike,
    },
    ...{
      ids: known
        .values()
        .map(({ id }) => id)
        .slice(0, mostIds),
      unable: found.unable,
    },
  };
}

/** Null while models have yet to answer: the same points are looked at then. */
async function look(deps: CoordinatorDeps, migration: Migration, names: readonly string[]): Promise<Found | null> {
  const drawn = deps.writersDrawn.get(migration.id) ?? (await drawWrites(deps, migration, names));
  deps.writersDrawn.set(migration.id, drawn);
  const source = await deps.collections.describe(migration.resolved.source);
  const origins = source === null ? {} : sourceOrigins(migration.spec, source);
  const looks = await Promise.all(names.map((name) => lookAt(deps, migration, { name, drawn, old: origins[name] })));
  return looks.reduce<Found | null>(
    (all, one) =>
      all &&
      one && {
        ...{ looked: all.looked + one.looked, old: all.old + one.old, unlike: all.unlike + one.unlike },
        ...{ ids: [...all.ids, ...one.ids], unable: null, stale: [...all.stale, ...one.stale] },
      },
    nothing,
  );
}

/**
 * Points that are most likely to have been written since the switch: by the field that says so, where there is one, else at random; then those first whose
 * vector is that of the source still, or that the source has not, or not so.
 */
async function drawWrites(deps: CoordinatorDeps, migration: Migration, names: readonly string[]): Promise<DrawnWrite[]> {
  const { spec, resolved } = migration;
  const { collection } = spec.target;
  const filter = writtenSince(migration);
  const draw = (by: Filter | undefined) => deps.points.sample(collection, drawnPoints, { vectors: names, ...(by && { filter: by }) });
  // Strict mode may want an index that the field has not.
  const drawn = await draw(filter).catch((error: unknown) => {
    if (filter === undefined || !isReembedError(error, 'qdrant-refused')) throw error;
    return draw(undefined);
  });
  const known = foundBefore(migration);
  const ids = [...drawn.map(({ id }) => id), ...known];
  const read = await retrieveAll(deps.points, resolved.source, { ids, payload: true, vectors: names }).catch(goneAsNone);
  const sources = byId(read);
  const payloads = targetPayloads(spec);
  const rank = (point: PointText): number => {
    const before = sources.get(point.id);
    if (before === undefined) return 1;
    if (names.some((name) => isSame(point.vectors[name], before.vectors[name]))) return 0;
    const mapped = payloads.of(before);
    return 'payload' in mapped && payloadsEqual(mapped.payload, point.payload) ? 2 : 1;
  };
  const ranked = drawn.map((point) => ({ point, rank: rank(point) })).toSorted((a, b) => a.rank - b.rank);
  const again = await retrieveAll(deps.points, collection, { ids: known, payload: true, vectors: names });
  const before = pointIdSet(known);
  const fresh = ranked.map(({ point }) => point).filter(({ id }) => !before.has(id));
  const chosen = [...again, ...fresh.slice(0, textsALook)];
  const filled = await withTextsOnce(deps.textSources, migration, chosen);
  return filled.map((point) => ({ point, before: sources.get(point.id)?.vectors ?? {} }));
}

/** Null where nothing tells when a point was written. Numbers are of an unknown unit: those after the greatest that was copied. */
function writtenSince({ spec, resolved, watermark, history }: Migration): Filter | undefined {
  const { changedField } = spec.sync;
  const kind: ChangedKind | null = resolved.changedKind;
  const switchedAt = history.findLast(({ phase }) => phase === 'observing')?.at;
  const since = kind === 'number' ? (watermark?.seen ?? null) : switchedAt === undefined ? null : Date.parse(switchedAt);
  return changedField === null || kind === null || since === null ? undefined : changedSince(kind, changedField, since);
}

function goneAsNone(error: unknown): PointText[] {
  if (isReembedError(error, 'qdrant-not-found')) return [];
  throw error;
}

function isSame(now: string | undefined, before: string | undefined): boolean {
  return now !== undefined && before !== undefined && cosine(numbersOf(now), numbersOf(before)) >= sameVectorCosine;
}

function numbersOf(text: string): Float32Array {
  return readRows(text).rows[0] ?? new Float32Array();
}

type Looked = { readonly name: string; readonly drawn: readonly DrawnWrite[]; readonly old: VectorOrigin | undefined };

async function lookAt(deps: CoordinatorDeps, migration: Migration, { name, drawn, old }: Looked): Promise<Found | null> {
  const recipe = embedVectors(migration.spec).find((one) => one.name === name)?.recipe;
  if (recipe === undefined) return nothing;
  const { model, dimensions = null, text, onLongText } = recipe;
  // Of one model and two templates every vector is of the space it should be of.
  if (old !== undefined && isOneSpace(deps, model, old.model)) return nothing;
  const said = migration.spec.models[model];
  const declared = await likeness(deps, migration, drawn, { name, model, said, dimensions, text, onLongText });
  if (declared === null) return null;
  const suspects = drawn.filter((_, at) => (declared[at] ?? 1) < sameVectorCosine);
  const other =
    old === undefined || !isPlain(old) ? suspects.map(() => null) : await likeness(deps, migration, suspects, askedOf(deps, name, old));
  if (other === null) return null;
  const others = new Map(suspects.map((one, at) => [one, Math.max(other[at] ?? -1, likeBefore(one, name))]));
  const spaces = drawn.map((one, at) => ({
    id: one.point.id,
    space: spaceOf({ declared: declared[at] ?? null, other: others.get(one) ?? null }),
  }));
  const before = pointIdSet(foundBefore(migration));
  const fresh = spaces.filter(({ id }) => !before.has(id));
  const count = (wanted: string) => fresh.filter(({ space }) => space === wanted).length;
  const ids = fresh.filter(({ space }) => space === 'other').map(({ id }) => id);
  // What cannot be compared now is not taken for mended.
  const stale = spaces.filter(({ id, space }) => before.has(id) && (space === 'other' || space === 'unknown')).map(({ id }) => id);
  return { looked: fresh.length - count('unknown'), old: count('other'), unlike: count('unlike'), ids, unable: null, stale };
}

/** A vector that the source has under the same id is what the old model made, whoever that was. */
function likeBefore({ point, before }: DrawnWrite, name: string): number {
  const [now, old] = [point.vectors[name], before[name]];
  return now === undefined || old === undefined ? -1 : cosine(numbersOf(now), numbersOf(old));
}

function isOneSpace({ catalogue }: CoordinatorDeps, one: string, other: string): boolean {
  const space = catalogue.record(one)?.space ?? null;
  return one === other || (space !== null && space === catalogue.record(other)?.space);
}

/** Of vectors that were mapped, cut or encoded otherwise the stored numbers are not the model's own. */
function isPlain({ projected, cutFrom, bm25, via }: VectorOrigin): boolean {
  return projected === undefined && cutFrom === undefined && bm25 === undefined && via === undefined;
}

type Asked = Pick<VectorOrigin, 'model' | 'said' | 'text'> & {
  readonly name: string;
  readonly dimensions: number | null;
  readonly onLongText: 'quarantine' | 'truncate' | 'split-mean';
};

function askedOf({ catalogue }: CoordinatorDeps, name: string, { model, said, dimensions, text }: VectorOrigin): Asked {
  const own = catalogue.saying({ [model]: said }).facts(model)?.dimensions === dimensions;
  return { name, model, said, text, dimensions: own ? null : dimensions, onLongText: 'truncate' };
}

/** By point, the cosine of its vector with what the model makes of its text; null where it has no text or no vector. Null while the model has yet to answer. */
async function likeness(
  deps: CoordinatorDeps,
  { id, spec }: Migration,
  drawn: readonly DrawnWrite[],
  { name, text, ...how }: Asked,
): Promise<(number | null)[] | null> {
  const texts = drawn.map(({ point }) => (point.vectors[name] === undefined ? null : targetText(spec, text, point)));
  const asked = texts.filter((one) => one !== null);
  const made =
    asked.length === 0 ? [] : await askEmbeddings(deps, { ...how, scope: id, kind: 'document', mayRefuseAll: true, texts: asked });
  if (made === null) return null;
  const answers = made.values();
  return drawn.map(({ point }, at) => {
    const one = texts[at] === null ? undefined : answers.next().value;
    const stored = point.vectors[name];
    return one !== undefined && 'vector' in one && stored !== undefined ? cosine(numbersOf(stored), one.vector) : null;
  });
}
