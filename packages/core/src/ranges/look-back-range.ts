import { type Difference, differences, findingsOf } from './differences.ts';
import type { RangeContext } from './range-context.ts';
import { createRangeDigest, fingerprint, type RangeReading, readReading } from './range-reading.ts';
import { readRange } from './read-range.ts';
import { withoutSetAside } from './set-aside-points.ts';
import { sourceRead } from './source-read.ts';
import { walkBoth } from './walk-both.ts';

const nothingKnown: RangeReading = { digest: null, agreed: null };

/**
 * After the switch: reads a source range once more. Where it reads as it did when both sides were compared, nothing was written to it
 * meanwhile; where it does not, what differs from the target *and* was written since is a write that came late. The target is live: a
 * point of the source that reads as it did and is gone or changed there was deleted or changed there. A point that only the target has
 * may be new there, or late-deleted in the source.
 */
export async function lookBackRange(context: RangeContext): Promise<void> {
  const { migration, setAside } = context;
  const before = await readingBefore(context);
  const { points, digest } = await digestSource(context);
  const findings = [];
  if (before.digest !== digest) {
    for await (const { source, target } of walkBoth(context)) {
      const late = (await differences(context.recipes, source, target)).filter((difference) => mayBeLate(before, difference));
      findings.push(...findingsOf(await withoutSetAside(setAside, migration.id, late)));
    }
  }
  await context.progress(null, { points, findings, listed: findings });
}

async function readingBefore({ hashBefore }: RangeContext): Promise<RangeReading> {
  const text = await hashBefore();
  return text === null ? nothingKnown : readReading(text);
}

function mayBeLate({ agreed }: RangeReading, { source }: Difference): boolean {
  return agreed === null || source === undefined || !agreed.has(fingerprint(source));
}

async function digestSource(context: RangeContext): Promise<{ points: number; digest: string }> {
  const all = createRangeDigest();
  let points = 0;
  for await (const page of readRange(context.points, sourceRead(context))) {
    all.add(page.points);
    points += page.points.length;
  }
  return { points, digest: all.digest() };
}
