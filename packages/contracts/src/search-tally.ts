import { z } from 'zod';

/** Searches of one side: how many were answered, how many of these found nothing, and how long all took together, in ms. */
const sideTallySchema = z.object({ searches: z.number(), empty: z.number(), tookMs: z.number() });

const sidesSchema = z.object({ old: sideTallySchema, new: sideTallySchema });

/**
 * What gateways that share the fleet's Redis found before the switch. `shadow`: searches that both sides were asked; `agreedAt1`, `agreedAt10`: of these, the
 * shares of the first one and the first ten that both found, added up. `split`: searches that one side answered. Differences, and no verdict.
 */
export const searchTallySchema = z.object({
  shadow: sidesSchema.extend({ agreedAt1: z.number(), agreedAt10: z.number() }),
  split: sidesSchema,
});
export type SearchTally = z.infer<typeof searchTallySchema>;

export function emptyTally(): SearchTally {
  const side = () => ({ searches: 0, empty: 0, tookMs: 0 });
  return { shadow: { old: side(), new: side(), agreedAt1: 0, agreedAt10: 0 }, split: { old: side(), new: side() } };
}

/** Its numbers by the paths that lead to them: `shadow.old.searches`. */
export function flatTally(tally: SearchTally): Record<string, number> {
  const flat: Record<string, number> = {};
  const walk = (value: object, path: string) => {
    for (const [name, inner] of Object.entries(value) as [string, object | number][])
      if (typeof inner === 'number') flat[`${path}${name}`] = inner;
      else walk(inner, `${path}${name}.`);
  };
  walk(tally, '');
  return flat;
}

/** The other way; what is not there is 0. */
export function tallyOf(flat: Readonly<Record<string, string | number>>): SearchTally {
  const tally = emptyTally();
  for (const path of Object.keys(flatTally(tally))) {
    const steps = path.split('.');
    const last = steps.pop() ?? '';
    const holder = steps.reduce<object>((inner, step) => Reflect.get(inner, step) as object, tally);
    Reflect.set(holder, last, Number(flat[path] ?? 0));
  }
  return tally;
}

/** Both together; absent: nothing yet. */
export function addedTally(one: SearchTally | undefined, other: SearchTally): SearchTally {
  const [before, found] = [flatTally(one ?? emptyTally()), flatTally(other)];
  return tallyOf(Object.fromEntries(Object.entries(found).map(([path, value]) => [path, value + (before[path] ?? 0)])));
}
