import { z } from 'zod';
import { parsePayloadPath, payloadPathSchema } from './payload-path.ts';
import { mostPaths, shortList, tooManyFields } from './spec-limits.ts';

/** A path to be kept, dropped or renamed: whoever is meant in a list, all items are. */
const path = payloadPathSchema.refine((text) => parsePayloadPath(text)?.some((name) => typeof name === 'number') !== true, {
  error: 'names one place in a list, and a mapping does the same to every item: write []',
});

/**
 * What becomes of a payload, in this order: `include` keeps what it names (empty: everything), `exclude` drops, `rename` gives keys another
 * name where they stand. Every path is one of the source's payload.
 */
export const payloadMappingSchema = z
  .strictObject({
    include: shortList(path, mostPaths).default([]).meta({ description: 'Paths that are kept; empty: everything.' }),
    exclude: shortList(path, mostPaths).default([]).meta({ description: 'Paths that are dropped from it.' }),
    rename: z
      .record(path, path)
      .default({})
      .meta({ description: 'Other names for keys, where they stand: the path before, the path after.' }),
  })
  .check(({ value, issues }) => {
    const refuse = (at: string[], message: string, input: unknown) => issues.push({ code: 'custom', path: at, message, input });
    const crowd = tooManyFields(value.rename, mostPaths);
    if (crowd !== null) refuse(['rename'], crowd, value.rename);
    const included = new Set(value.include);
    for (const name of value.exclude.filter((excluded) => included.has(excluded)))
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
  const sameParent = before.length === after.length && before.slice(0, -1).every((name, at) => name === after[at]);
  return sameParent ? null : 'stands elsewhere: a field keeps its place and changes only its own key, as in meta.title to meta.heading';
}

/** Whether a mapping leaves every payload as it is. */
export function isIdentity({ include, exclude, rename }: PayloadMapping): boolean {
  return include.length === 0 && exclude.length === 0 && Object.keys(rename).length === 0;
}
