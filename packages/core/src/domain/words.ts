import { type Finding, isOwnCollection, type Owner, type Verification } from '@reembed/contracts';

/** Names for a message: at most twenty. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, 20).map((name) => (name === '' ? '"" (unnamed)' : name));
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ');
}

/** Why nobody may name this collection; null where it is not one of reembed's own. */
export function ownInWords(name: string): string | null {
  return isOwnCollection(name)
    ? 'is where reembed keeps its own records of migrations: name a collection of yours, or an alias of one'
    : null;
}

/** Over how many points both sides differ, whatever the kind. */
export function differencesIn(findings: readonly Finding[]): number {
  return findings.reduce((sum, { count }) => sum + count, 0);
}

/** `3 missing (812, 813, 900), 1 payload-differs (7)`. */
export function findingsInWords({ findings }: Pick<Verification, 'findings'>): string {
  return findings.map(({ kind, count, ids }) => `${count} ${kind} (${firstIds(ids)}${count > 5 ? ', …' : ''})`).join(', ');
}

function firstIds(ids: Finding['ids']): string {
  if (ids.length === 0) return 'ids not known';
  return ids
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ');
}

/** What to say of work that only a worker does, where none runs. */
export const noWorkerRuns = 'none is running (start one with `reembed worker`)';

/** Whether two reasons to wait are the same wait: one that counts on (`12 of 60 indexed`) is no new one. */
export function isSameWait(one: string, other: string): boolean {
  const withoutNumbers = (reason: string) => reason.replace(/\d+/g, '#');
  return withoutNumbers(one) === withoutNumbers(other);
}

/**
 * A command as every message prints it: in backticks, whole, to be typed into a POSIX shell as it stands. `reembed('resume', 'm1')` is
 * `reembed resume m1` in backticks.
 */
export function reembed(...words: readonly (string | number)[]): string {
  return `\`reembed ${words.map((word) => shellWord(String(word))).join(' ')}\``;
}

/** The commands that a message prints, without their backticks. */
export function printedCommands(message: string): string[] {
  return [...message.matchAll(/`(reembed [^`]+)`/g)].map(([, command = '']) => command);
}

/** A word for a POSIX shell, quoted where it has to be. */
export function shellWord(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** `laptop (http://127.0.0.1:8765), last alive at 2026-01-01T00:00:00.000Z`. */
export function ownerInWords({ id, name, aliveAt, releasedAt }: Owner): string {
  const released = releasedAt === null ? '' : `, which gave it up at ${releasedAt}`;
  return `${name ?? `fleet ${id}`}, last alive at ${aliveAt}${released}`;
}
