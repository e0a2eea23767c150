import { z } from 'zod';

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

const path = z.string().refine((text) => parsePayloadPath(text) !== null, {
  error: 'is not a path into a payload: keys with dots between them, [] for every item of an array, quotes around unusual keys',
});

/**
 * What becomes of a payload, in this order: `include` keeps what it names (empty: everything), `exclude` drops, `rename` gives keys another
 * name where they stand. Every path is one of the source's payload.
 */
export const payloadMappingSchema = z
  .strictObject({
    include: z.array(path).default([]).meta({ description: 'Paths that are kept; empty: everything.' }),
    exclude: z.array(path).default([]).meta({ description: 'Paths that are dropped from it.' }),
    rename: z
      .record(path, path)
      .default({})
      .meta({ description: 'Other names for keys, where they stand: the path before, the path after.' }),
  })
  .check(({ value, issues }) => {
    const refuse = (at: string[], message: string, input: unknown) => issues.push({ code: 'custom', path: at, message, input });
    for (const name of value.exclude.filter((excluded) => value.include.includes(excluded)))
      refuse(['exclude'], `names ${name}, which include names too: leave it out of one`, value.exclude);
    const taken = new Set<string>();
    for (const [from, to] of Object.entries(value.rename)) {
      const fault = renameFault(from, to) ?? (taken.has(to) ? 'is the new name of another field too' : null);
      if (fault !== null) refuse(['rename', from], fault, to);
      taken.add(to);
    }
  });
export type PayloadMapping = z.infer<typeof payloadMappingSchema>;

function renameFault(from: string, to: string): string | null {
  const [before, after] = [parsePayloadPath(from) ?? [], parsePayloadPath(to) ?? []];
  const [oldKey, newKey] = [before.at(-1), after.at(-1)];
  if (typeof oldKey !== 'string' || typeof newKey !== 'string') return 'renames no key: [] has no name of its own';
  if (!isPlainKey(newKey)) return 'has a character that templates cannot name: use letters, digits, _ and -';
  const sameParent = before.length === after.length && before.slice(0, -1).every((name, at) => name === after[at]);
  return sameParent ? null : 'stands elsewhere: a field keeps its place and changes only its own key, as in meta.title to meta.heading';
}

/** Whether a mapping leaves every payload as it is. */
export function isIdentity({ include, exclude, rename }: PayloadMapping): boolean {
  return include.length === 0 && exclude.length === 0 && Object.keys(rename).length === 0;
}
