import { ReembedError } from './error.ts';

/** What people call a migration by. */
export type Addressable = { readonly id: string; readonly name: string; readonly target: string; readonly ended: boolean };

/**
 * The migration that a word means: by its id, else by its name or its target. Several may share a name, one after the other: one that has not
 * ended goes before all that have, of which the first of `known`, newest first, is meant. Null: none is. Throws `invalid-request` where several
 * are at work.
 */
export function findAddressed<Known>(known: readonly Known[], word: string, of: (one: Known) => Addressable): Known | null {
  const byId = known.find((one) => of(one).id === word);
  if (byId !== undefined) return byId;
  const called = known.filter((one) => [of(one).name, of(one).target].includes(word));
  const alive = called.filter((one) => !of(one).ended);
  if (alive.length > 1)
    throw new ReembedError(
      'invalid-request',
      `${JSON.stringify(word)} may be any of ${alive.map((one) => `${of(one).id} (${of(one).name}, into ${of(one).target})`).join(', ')}: name one by its id`,
    );
  return alive[0] ?? called[0] ?? null;
}
