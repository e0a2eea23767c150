import { differences, findingsOf } from './differences.ts';
import type { RangeContext } from './range-context.ts';
import { createRangeHash } from './range-hash.ts';
import { readRange } from './read-range.ts';
import { withoutSetAside } from './set-aside-points.ts';
import { sourceRead } from './source-read.ts';
import { walkBoth } from './walk-both.ts';

/**
 * After the switch: reads a source range once more. Where it hashes as it did when both sides were compared, nothing was written to it
 * meanwhile; where it does not, what differs from the target is a write that came late. The target is live, so a point that only it has
 * may also be new there.
 */
export async function lookBackRange(context: RangeContext): Promise<void> {
  const { migration, setAside } = context;
  const { points, digest } = await hashSource(context);
  const findings = [];
  if ((await context.hashBefore()) !== digest) {
    for await (const { source, target } of walkBoth(context)) {
      findings.push(...findingsOf(await withoutSetAside(setAside, migration.id, differences(migration, source, target))));
    }
  }
  await context.progress(null, { points, findings, listed: findings });
}

async function hashSource(context: RangeContext): Promise<{ points: number; digest: string }> {
  const hash = createRangeHash();
  let points = 0;
  for await (const page of readRange(context.points, sourceRead(context))) {
    hash.add(page.points);
    points += page.points.length;
  }
  return { points, digest: hash.digest() };
}
