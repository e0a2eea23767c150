import type { PointId } from '@reembed/contracts';
import { fenceOf } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { idsOf } from '../domain/point-id-set.ts';
import { type SetAsideEntry, setAsideKey } from '../domain/set-aside.ts';
import type { Listed, RangeDelta } from '../ports/state.ts';
import { applyRecipes, reuseStored } from '../recipes/apply-recipes.ts';
import { type Difference, differences, findingsOf } from './differences.ts';
import { advanceDividing } from './divide-range.ts';
import type { RangeContext, WriteContext } from './range-context.ts';
import { changedAmong, latestChangeIn } from './read-pages.ts';
import { readBoth, walkBoth, walkIds } from './walk-both.ts';
import { withoutSetAside, writePoints } from './write-points.ts';

/** Makes a range of the target follow the source; points that vanished from the source are named as candidates. */
export async function syncRange(context: RangeContext): Promise<void> {
  return context.pass.changedSince === undefined ? syncEverything(context) : syncChanged(context, context.pass.changedSince);
}

async function syncEverything(context: RangeContext): Promise<void> {
  const advance = advanceDividing(context);
  for await (const { source, target, points, next } of walkBoth(context)) {
    const found = await withoutSetAside(context, await differences(context.recipes, source, target));
    const spent = await mendPoints(context, found);
    const listed = findingsOf(found).filter(({ kind }) => kind === 'extra');
    const delta = { points, findings: findingsOf(found), listed, ...latestChangeIn(context, source), ...spent };
    if (!(await advance(next, delta))) return;
  }
}

/**
 * Makes a range of the target follow the source as far as ids and `sync.changedField` tell: missing and vanished points are found by their
 * ids, and payloads read only of the missing and of those that changed at `since` or later. An edit that leaves the field as it was, or has
 * none, is for the next pass that reads everything.
 */
export async function syncChanged(context: RangeContext, since: number): Promise<void> {
  const advance = advanceDividing(context);
  for await (const { source, target, next } of walkIds(context)) {
    const stored = idsOf(target);
    const common = source.filter(({ id }) => stored.has(id));
    const changed = await changedAmong(context, common, since);
    const wanted = source.filter(({ id }) => !stored.has(id) || changed.has(id));
    const here = idsOf(source);
    const extra = target.filter(({ id }) => !here.has(id)).map(({ id }): Listed => ({ kind: 'extra', id }));
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
    const found = await withoutSetAside(context, await differences(context.recipes, source, target));
    // Gone from the source since its id was read: the next pass finds that by its id.
    const open = found.filter((difference) => difference.source !== undefined);
    const spent = await mendPoints(context, open);
    findings.push(...findingsOf(open));
    [texts, tokens] = [texts + spent.texts, tokens + spent.tokens];
    latestChange = latestOf(latestChange, latestChangeIn(context, source).latestChange);
  }
  return { findings, texts, tokens, ...(latestChange === undefined ? {} : { latestChange }) };
}

function latestOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

/**
 * Makes the target's points those of the source: missing ones are embedded and inserted; changed ones replaced whole, payload and vectors
 * in one write, with only those texts embedded that read differently now. What only the target has is left alone. Answers what was paid.
 */
export async function mendPoints(context: WriteContext, found: readonly Difference[]): Promise<{ texts: number; tokens: number }> {
  if (found.every(({ source }) => source === undefined)) return { texts: 0, tokens: 0 };
  const missing = found.flatMap(({ source, target }) => (source !== undefined && target === undefined ? [source] : []));
  const changed = found.flatMap(({ source, target }) => (source !== undefined && target !== undefined ? [{ source, target }] : []));
  const inserted = await applyRecipes(context.recipes, missing);
  const reuse = reuseStored(
    context.recipes,
    changed.map(({ target }) => target),
  );
  const replaced = await applyRecipes(
    context.recipes,
    changed.map(({ source }) => source),
    reuse,
  );
  const refused = [...(await writePoints(context, 'insertOnly', inserted)), ...(await writePoints(context, 'updateOnly', replaced))];
  await record(context, [...missing, ...changed.map(({ source }) => source)], [...inserted.setAside, ...replaced.setAside, ...refused]);
  return { texts: inserted.texts + replaced.texts, tokens: inserted.tokens + replaced.tokens };
}

/** Keeps the record of what is set aside in step: what was written is not, and a stale copy of what could not be is removed. */
async function record(context: WriteContext, tried: readonly PointText[], setAside: readonly SetAsideEntry[]): Promise<void> {
  const { migration, points } = context;
  const failed = idsOf(setAside);
  if (setAside.length > 0) {
    await context.setAside.put(setAsideKey(migration), setAside);
    await points.remove(
      fenceOf(migration),
      setAside.map((entry) => entry.id),
    );
  }
  const written = tried.filter((point) => !failed.has(point.id));
  await context.setAside.remove(
    setAsideKey(migration),
    written.map((point) => point.id),
  );
}
