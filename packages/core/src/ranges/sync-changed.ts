import type { PointId } from '@reembed/contracts';
import type { PointText } from '../domain/point.ts';
import { comparePointIds, pointIdToJson } from '../domain/point-id.ts';
import type { Listed, RangeDelta } from '../ports/state.ts';
import { changedAmong, latestChangeIn } from './changed-points.ts';
import { differences, findingsOf } from './differences.ts';
import { advanceDividing } from './divide-range.ts';
import { mendPoints } from './mend-points.ts';
import type { RangeContext } from './range-context.ts';
import { withoutSetAside } from './set-aside-points.ts';
import { sourceRead } from './source-read.ts';
import { walkIds } from './walk-both.ts';

/**
 * Makes a range of the target follow the source as far as ids and `sync.changedField` tell: missing and vanished points are found by their
 * ids, and payloads read only of the missing and of those that changed at `since` or later. An edit that leaves the field as it was, or has
 * none, is for the next pass that reads everything.
 */
export async function syncChanged(context: RangeContext, since: number): Promise<void> {
  const advance = advanceDividing(context);
  for await (const { source, target, next } of walkIds(context)) {
    const stored = idsOf(target);
    const common = source.filter(({ id }) => stored.has(pointIdToJson(id)));
    const changed = await changedAmong(context, common, since);
    const wanted = source.filter(({ id }) => !stored.has(pointIdToJson(id)) || changed.has(pointIdToJson(id)));
    const here = idsOf(source);
    const extra = target.filter(({ id }) => !here.has(pointIdToJson(id))).map(({ id }): Listed => ({ kind: 'extra', id }));
    const mended = await mendAll(
      context,
      wanted.map(({ id }) => id),
    );
    const delta = { ...mended, points: source.length, findings: [...(mended.findings ?? []), ...extra], listed: extra };
    if (!(await advance(next, delta))) return;
  }
}

/** A page of payloads at a time, however many have changed. */
async function mendAll(context: RangeContext, ids: readonly PointId[]): Promise<Partial<RangeDelta>> {
  const { pagePoints } = context.migration.spec.copy;
  const findings: Listed[] = [];
  let [texts, tokens] = [0, 0];
  let latestChange: number | undefined;
  for (let from = 0; from < ids.length; from += pagePoints) {
    const { source, target } = await readBoth(context, ids.slice(from, from + pagePoints));
    const found = await withoutSetAside(context.setAside, context.migration.id, await differences(context.recipes, source, target));
    // Gone from the source since its id was read: the next pass finds that by its id.
    const open = found.filter((difference) => difference.source !== undefined);
    const spent = await mendPoints(context, open);
    findings.push(...findingsOf(open));
    [texts, tokens] = [texts + spent.texts, tokens + spent.tokens];
    latestChange = latestOf(latestChange, latestChangeIn(context, source).latestChange);
  }
  return { findings, texts, tokens, ...(latestChange === undefined ? {} : { latestChange }) };
}

async function readBoth(context: RangeContext, ids: readonly PointId[]) {
  const { collection, payload, vectors, filter, signal } = sourceRead(context);
  const { spec } = context.migration;
  const [source, target] = await Promise.all([
    context.points.retrieve(collection, { ids, payload, vectors, filter, signal }),
    context.points.retrieve(spec.target.collection, { ids, payload, vectors: Object.keys(spec.vectors), signal }),
  ]);
  return { source: inOrder(source), target: inOrder(target) };
}

function inOrder(points: readonly PointText[]): PointText[] {
  return [...points].sort((a, b) => comparePointIds(a.id, b.id));
}

function idsOf(points: readonly PointText[]): ReadonlySet<string> {
  return new Set(points.map(({ id }) => pointIdToJson(id)));
}

function latestOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}
