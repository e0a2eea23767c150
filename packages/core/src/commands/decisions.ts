import type { DecisionsMetadata, Override } from '@reembed/contracts';

const keptApprovals = 10;
const keptReasonChars = 200;

/** What metadata has of what people decided: it stays short, and the whole is in the migration's record. */
export function shortDecisions({ approvals, overrides }: DecisionsMetadata): DecisionsMetadata {
  const last = overrides.filter((word, at) => !overrides.slice(at + 1).some(({ gate }) => gate === word.gate));
  return {
    approvals: approvals.slice(-keptApprovals),
    overrides: last.map((word) => ({ ...word, reason: short(word.reason) })),
  };
}

function short(reason: string): string {
  return reason.length > keptReasonChars ? `${reason.slice(0, keptReasonChars).toWellFormed()}…` : reason;
}

/** The words against gates of a record, whole, and those that were said since it was kept. */
export function overridesOfBoth(recorded: readonly Override[], { overrides }: DecisionsMetadata): Override[] {
  return [...recorded, ...overrides.filter(({ gate, at }) => !recorded.some((word) => word.gate === gate && word.at === at))];
}
