import type { FindingKind, PointId } from '@reembed/contracts';
import type { Migration } from '../migration.ts';
import { comparePointIds, pointIdToJson } from '../point-id.ts';
import type { PointText } from '../ports/collections.ts';
import { payloadsEqual } from '../recipes/payload-equal.ts';
import { renderText } from '../recipes/render-text.ts';
import { embedVectors, keptVectors } from '../recipes/target-vectors.ts';
import { vectorFault, vectorsAgree } from '../recipes/vector-text.ts';
import type { RangeContext } from './range-context.ts';
import { readRange } from './read-range.ts';

export type Difference = { readonly kind: FindingKind; readonly id: PointId };

/**
 * Walks source and target together in id order and records what differs: every id, every payload, every vector of the range. Writes
 * nothing but the record.
 */
export async function compareRange(context: RangeContext): Promise<void> {
  const { migration, record, signal, points } = context;
  const common = { from: record.next ?? record.start, end: record.end, pagePoints: migration.spec.copy.pagePoints, payload: true, signal };
  const kept = [...new Set(keptVectors(migration.spec).map(({ from }) => from))];
  const source = readRange(points, { ...common, collection: migration.resolved.source, vectors: kept });
  const target = createCursor(
    readRange(points, { ...common, collection: migration.spec.target.collection, vectors: Object.keys(migration.spec.vectors) }),
  );
  try {
    for await (const page of source) {
      // The target's points of this page are those before the next page starts; of the last page, all that are left in the range.
      const others = await target.before(page.next);
      const findings = await withoutSetAside(context, differences(migration, page.points, others));
      await context.progress(page.next, { points: page.points.length, findings });
    }
  } finally {
    await Promise.all([source.return(undefined), target.close()]);
  }
}

/** A point that is set aside is known to be missing: it is counted there. */
async function withoutSetAside({ migration, setAside }: RangeContext, found: readonly Difference[]): Promise<readonly Difference[]> {
  const missing = found.filter(({ kind }) => kind === 'missing').map(({ id }) => id);
  if (missing.length === 0) return found;
  const known = new Set((await setAside.among(migration.id, missing)).map((entry) => pointIdToJson(entry.id)));
  return found.filter(({ kind, id }) => kind !== 'missing' || !known.has(pointIdToJson(id)));
}

type Cursor = { before(end: PointId | null): Promise<readonly PointText[]>; close(): Promise<void> };

function createCursor(pages: AsyncGenerator<{ readonly points: readonly PointText[] }>): Cursor {
  let held: readonly PointText[] = [];
  let ended = false;
  return {
    async before(end) {
      const taken: PointText[] = [];
      for (;;) {
        const cut = end === null ? held.length : held.findIndex((point) => comparePointIds(point.id, end) >= 0);
        taken.push(...(cut === -1 ? held : held.slice(0, cut)));
        held = cut === -1 ? [] : held.slice(cut);
        if (held.length > 0 || ended) return taken;
        const page = await pages.next();
        if (page.done) ended = true;
        else held = page.value.points;
      }
    },
    async close() {
      await pages.return(undefined);
    },
  };
}

/** What differs between the points of a stretch of the source and the same stretch of the target, both in id order. */
export function differences(migration: Pick<Migration, 'spec'>, source: readonly PointText[], target: readonly PointText[]): Difference[] {
  const found: Difference[] = [];
  let at = 0;
  for (const point of source) {
    for (; comparesBefore(target[at], point); at++) found.push({ kind: 'extra', id: target[at]?.id ?? point.id });
    const other = target[at];
    if (other !== undefined && comparePointIds(other.id, point.id) === 0) {
      found.push(...pointDifferences(migration, point, other));
      at++;
    } else {
      found.push({ kind: 'missing', id: point.id });
    }
  }
  return [...found, ...target.slice(at).map((point): Difference => ({ kind: 'extra', id: point.id }))];
}

function comparesBefore(candidate: PointText | undefined, point: PointText): boolean {
  return candidate !== undefined && comparePointIds(candidate.id, point.id) < 0;
}

function pointDifferences({ spec }: Pick<Migration, 'spec'>, source: PointText, target: PointText): Difference[] {
  const kinds = new Set<FindingKind>();
  if (!payloadsEqual(source.payload, target.payload)) kinds.add('payload-differs');
  for (const { name, from } of keptVectors(spec)) {
    const before = source.vectors[from];
    const after = target.vectors[name];
    if (before === undefined ? after !== undefined : after === undefined || !vectorsAgree(before, after)) {
      kinds.add(after === undefined ? 'vector-missing' : 'vector-differs');
    }
  }
  for (const { name, recipe } of embedVectors(spec)) {
    const vector = target.vectors[name];
    const fault = vector === undefined ? null : vectorFault(vector);
    if (fault !== null) kinds.add(fault === 'zero' ? 'vector-zero' : 'vector-not-finite');
    if (vector === undefined && renderText(recipe.text, source.payload) !== null) kinds.add('vector-missing');
  }
  return [...kinds].map((kind) => ({ kind, id: source.id }));
}
