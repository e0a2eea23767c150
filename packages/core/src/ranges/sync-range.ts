import { latestChangeIn } from './changed-points.ts';
import { differences, findingsOf } from './differences.ts';
import { advanceDividing } from './divide-range.ts';
import { mendPoints } from './mend-points.ts';
import type { RangeContext } from './range-context.ts';
import { withoutSetAside } from './set-aside-points.ts';
import { syncChanged } from './sync-changed.ts';
import { walkBoth } from './walk-both.ts';

/** Makes a range of the target follow the source; points that vanished from the source are named as candidates. */
export async function syncRange(context: RangeContext): Promise<void> {
  return context.pass.changedSince === undefined ? syncEverything(context) : syncChanged(context, context.pass.changedSince);
}

async function syncEverything(context: RangeContext): Promise<void> {
  const { migration, setAside } = context;
  const advance = advanceDividing(context);
  for await (const { source, target, next } of walkBoth(context)) {
    const found = await withoutSetAside(setAside, migration.id, await differences(context.recipes, source, target));
    const spent = await mendPoints(context, found);
    const listed = findingsOf(found).filter(({ kind }) => kind === 'extra');
    const delta = { points: source.length, findings: findingsOf(found), listed, ...latestChangeIn(context, source), ...spent };
    if (!(await advance(next, delta))) return;
  }
}
