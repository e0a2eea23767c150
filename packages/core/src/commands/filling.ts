import type { Filling } from '@reembed/contracts';
import { differencesIn } from '../domain/findings.ts';
import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { filledVectors } from '../recipes/filled-vectors.ts';

/** What a migration fills in where points live, in place or after a two-step switch, and how many lacked it at the last look. Null: nothing. */
export function fillingOf(migration: Pick<Migration, 'spec' | 'phase' | 'lag' | 'verification'>): Filling | null {
  const { spec, phase } = migration;
  const vectors = isInPlace(spec) || phase === 'observing' ? filledVectors(spec).map(({ vector }) => vector.name) : [];
  return vectors.length === 0 ? null : { vectors, ...(lastLook(migration) ?? { lacking: null, at: null }) };
}

/** What was compared before a switch says nothing of the time after it. */
function lastLook({ spec, lag, verification }: Pick<Migration, 'spec' | 'lag' | 'verification'>) {
  const filled = lag === null ? null : { lacking: lag.differences, at: lag.at };
  if (!isInPlace(spec) || verification === null) return filled;
  const compared = { lacking: differencesIn(verification.findings), at: verification.at };
  return filled === null || filled.at < compared.at ? compared : filled;
}
