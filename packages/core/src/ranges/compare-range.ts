import { idsOf } from '../domain/point-id-set.ts';
import { type Difference, differences, findingsOf } from './differences.ts';
import { createRangeDigest, differenceHash, fingerprint, type RangeReading, readReading, writeReading } from './fingerprints.ts';
import type { RangeContext } from './range-context.ts';
import { readRange, sourceRead } from './read-pages.ts';
import { walkBoth } from './walk-both.ts';
import { withoutAccepted } from './write-points.ts';

/** Past this many points the fingerprints of a switch would fill Redis (8 bytes a point): the look back then goes by whole ranges. */
const maxFingerprinted = 10_000_000;

/**
 * Compares a range over everything and records what differs. Before a switch it also keeps what the source's side read like. Writes
 * nothing but the record, at the end: a range that is interrupted is read again from its start, so that the record is of one reading.
 */
export async function compareRange(context: RangeContext): Promise<void> {
  const { migration, pass } = context;
  // A rollback is a switch, where nothing may be lost by it.
  const switching = migration.phase === 'switching' || migration.isReversed === true;
  const digest = createRangeDigest();
  const agreed = switching && pass.sourcePoints <= maxFingerprinted ? new Set<string>() : null;
  const findings = [];
  let points = 0;
  let differing = 0;
  for await (const { source, target, points: walked } of walkBoth(context)) {
    const found = await differences(context.recipes, source, target);
    const open = await withoutAccepted(context, found);
    findings.push(...findingsOf(open));
    differing += open.reduce((sum, difference) => sum + differenceHash(difference), 0);
    points += walked;
    if (switching) digest.add(source);
    const different = idsOf(found);
    if (agreed !== null) for (const point of source) if (!different.has(point.id)) agreed.add(fingerprint(point));
  }
  const reading = { digest: findings.length > 0 ? null : digest.digest(), agreed };
  await context.progress(null, { points, findings, differing, ...(switching ? { hash: writeReading(reading) } : {}) });
}

const nothingKnown: RangeReading = { digest: null, agreed: null };

/**
 * After the switch: reads a source range once more. Where it reads as it did when both sides were compared, nothing was written to it
 * meanwhile; where it does not, what differs from the target *and* was written since is a write that came late. The target is live: a
 * point of the source that reads as it did and is gone or changed there was deleted or changed there. A point that only the target has
 * may be new there, or late-deleted in the source.
 */
export async function lookBackRange(context: RangeContext): Promise<void> {
  const before = await readingBefore(context);
  const { points, digest } = await digestSource(context);
  const findings = [];
  if (before.digest !== digest) {
    for await (const { source, target } of walkBoth(context)) {
      const late = (await differences(context.recipes, source, target)).filter((difference) => mayBeLate(before, difference));
      findings.push(...findingsOf(await withoutAccepted(context, late)));
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
