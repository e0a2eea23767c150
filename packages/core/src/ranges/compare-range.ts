import { pointIdToJson } from '../domain/point-id.ts';
import { differences, findingsOf } from './differences.ts';
import type { RangeContext } from './range-context.ts';
import { createRangeDigest, differenceHash, fingerprint, writeReading } from './range-reading.ts';
import { withoutSetAside } from './set-aside-points.ts';
import { walkBoth } from './walk-both.ts';

/** Past this many points the fingerprints of a switch would fill Redis (8 bytes a point): the look back then goes by whole ranges. */
const maxFingerprinted = 10_000_000;

/**
 * Compares a range over everything and records what differs. Before a switch it also keeps what the source's side read like. Writes
 * nothing but the record, at the end: a range that is interrupted is read again from its start, so that the record is of one reading.
 */
export async function compareRange(context: RangeContext): Promise<void> {
  const { migration, setAside, pass } = context;
  const switching = migration.phase === 'switching';
  const digest = createRangeDigest();
  const agreed = switching && pass.sourcePoints <= maxFingerprinted ? new Set<string>() : null;
  const findings = [];
  let points = 0;
  let differing = 0;
  for await (const { source, target } of walkBoth(context)) {
    const found = await differences(context.recipes, source, target);
    const open = await withoutSetAside(setAside, migration.id, found);
    findings.push(...findingsOf(open));
    differing += open.reduce((sum, difference) => sum + differenceHash(difference), 0);
    points += source.length;
    if (switching) digest.add(source);
    const different = new Set(found.map(({ id }) => pointIdToJson(id)));
    if (agreed !== null) for (const point of source) if (!different.has(pointIdToJson(point.id))) agreed.add(fingerprint(point));
  }
  const reading = { digest: findings.length > 0 ? null : digest.digest(), agreed };
  await context.progress(null, { points, findings, differing, ...(switching ? { hash: writeReading(reading) } : {}) });
}
