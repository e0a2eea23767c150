/** One step of a path into a payload: a key, or null for every item of an array. */
export type PayloadStep = string | null;

const plainKey = /^[\p{Alphabetic}\p{N}_-]+$/u;
const step = /(?:^|\.)(?:([\p{Alphabetic}\p{N}_-]+)|"([^"\\]*)")|(\[\])/uy;

/** The steps of `a.b[]."quoted key"`, as Qdrant's payload selectors write paths (without places in arrays); null where it is none. */
export function parsePayloadPath(text: string): PayloadStep[] | null {
  if (text.startsWith('.')) return null;
  const steps: PayloadStep[] = [];
  for (step.lastIndex = 0; step.lastIndex < text.length; ) {
    const found = step.exec(text);
    if (found === null || (steps.length === 0 && found[3] !== undefined)) return null;
    steps.push(found[3] === undefined ? (found[1] ?? found[2] ?? '') : null);
  }
  return steps.length === 0 ? null : steps;
}

/** The path as text. */
export function formatPayloadPath(steps: readonly PayloadStep[]): string {
  return steps
    .map((name, at) => (name === null ? '[]' : `${at === 0 ? '' : '.'}${isPlainKey(name) ? name : JSON.stringify(name)}`))
    .join('');
}

/** Whether a key needs no quotes in a path. */
export function isPlainKey(key: string): boolean {
  return plainKey.test(key);
}
