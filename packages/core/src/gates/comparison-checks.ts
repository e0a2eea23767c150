import type { FidelityCheck, FindingKind, PointId, Verification } from '@reembed/contracts';

/** Which check of the fidelity gate a difference belongs to. */
const kindsOf = {
  points: ['missing', 'extra'],
  payloads: ['payload-differs'],
  vectors: ['vector-missing', 'vector-not-finite', 'vector-zero', 'vector-differs'],
} as const satisfies Record<string, readonly FindingKind[]>;

/** What no writer causes: a target that has these is not a copy. */
const neverLive: readonly FindingKind[] = ['vector-missing', 'vector-not-finite', 'vector-zero'];

/**
 * What the comparison of everything says. The few differences that a source in use makes between two readings are passed with their number:
 * sync mends them while the migration waits, and the switch compares once more with nobody writing to the target. In place an application
 * that does not know the new vector leaves it out, which is filled in as well.
 */
export function comparisonChecks(verification: Verification, accepted: number, inPlace = false): FidelityCheck[] {
  const { sourcePoints, targetPoints, compared } = verification;
  const never = neverLive.filter((kind) => !(inPlace && kind === 'vector-missing'));
  const missing = accepted === 0 ? '' : `, ${accepted} accepted to be missing`;
  return [
    check(verification, never, 'points', `${sourcePoints} points in the source and ${targetPoints} in the target${missing}`),
    check(verification, never, 'payloads', `payloads of ${compared} points compared`),
    check(verification, never, 'vectors', `vectors of ${compared} points present, finite and not zero, kept ones as they were`),
  ];
}

function check({ findings }: Verification, never: readonly FindingKind[], name: keyof typeof kindsOf, message: string): FidelityCheck {
  const kinds: readonly FindingKind[] = kindsOf[name];
  const found = findings.filter(({ kind, count }) => kinds.includes(kind) && count > 0);
  if (found.length === 0) return { name, verdict: 'pass', message, ids: [] };
  const fails = found.some(({ kind }) => never.includes(kind));
  const words = found.map(({ kind, count }) => `${count} ${kind}`).join(', ');
  const why = fails ? '' : ', which a source in use changed meanwhile: sync mends them, and the switch compares again';
  return { name, verdict: fails ? 'fail' : 'pass', message: `${message}: ${words}${why}`, ids: firstOf(found.flatMap(({ ids }) => ids)) };
}

const shownIds = 20;

export function firstOf(ids: readonly PointId[]): PointId[] {
  return ids.slice(0, shownIds);
}
