/** The first of the names that this one is likely to be a slip of; null where none is near, or it is one of them. */
export function nearName(name: string, names: readonly string[]): string | null {
  if (names.includes(name)) return null;
  return names.find((other) => isNear(name, other)) ?? null;
}

/** One or two letters more, less, other or exchanged. Other digits are another version, and no slip. */
function isNear(a: string, b: string): boolean {
  const withoutDigits = (name: string) => name.toLowerCase().replace(/\d+/g, '');
  if (a !== b && withoutDigits(a) === withoutDigits(b) && a.toLowerCase() !== b.toLowerCase()) return false;
  const longest = Math.max(a.length, b.length);
  const slips = longest < 4 ? 0 : longest < 8 ? 1 : 2;
  return Math.abs(a.length - b.length) <= slips && slipsBetween(a.toLowerCase(), b.toLowerCase()) <= slips;
}

/** Letters added, left out, replaced, or exchanged with their neighbour (optimal string alignment distance). */
function slipsBetween(a: string, b: string): number {
  let [before, last, now]: [number[], number[], number[]] = [[], [], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    [before, last] = [last, now];
    now = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      now[j] = Math.min((last[j] ?? 0) + 1, (now[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same, swapped);
    }
  }
  return now[b.length] ?? 0;
}
