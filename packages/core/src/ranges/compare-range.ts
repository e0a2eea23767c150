import { differences, findingsOf } from './differences.ts';
import type { RangeContext } from './range-context.ts';
import { createRangeHash } from './range-hash.ts';
import { withoutSetAside } from './set-aside-points.ts';
import { walkBoth } from './walk-both.ts';

/**
 * Compares a range over everything and records what differs, and a hash of the source's side. Writes nothing but the record, at the end:
 * a range that is interrupted is read again from its start, so that the hash is of one reading.
 */
export async function compareRange(context: RangeContext): Promise<void> {
  const { migration, setAside } = context;
  const hash = createRangeHash();
  const findings = [];
  let points = 0;
  for await (const { source, target } of walkBoth(context)) {
    hash.add(source);
    points += source.length;
    findings.push(...findingsOf(await withoutSetAside(setAside, migration.id, differences(migration, source, target))));
  }
  await context.progress(null, { points, findings, hash: hash.digest() });
}
