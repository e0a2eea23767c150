import { emptyTally } from '@reembed/contracts';
import type { SearchTallies } from '@reembed/core';
import { expect, it } from 'vitest';
import { newId } from '../builders/build-documents.ts';

export function searchTallyPromises(tallies: () => SearchTallies): void {
  it('adds up what gateways found, by migration', async () => {
    const id = newId();
    expect(await tallies().load(id)).toBeNull();
    const tally = emptyTally();
    const found = { ...tally, shadow: { ...tally.shadow, agreedAt10: 0.5, new: { searches: 2, empty: 1, tookMs: 3.25 } } };
    await Promise.all([tallies().add(id, found), tallies().add(id, found)]);
    expect(await tallies().load(id)).toEqual({
      ...tally,
      shadow: { ...tally.shadow, agreedAt10: 1, new: { searches: 4, empty: 2, tookMs: 6.5 } },
    });
    expect(await tallies().load(newId())).toBeNull();
  });

  it('begins anew where they are told to forget', async () => {
    const [id, other] = [newId(), newId()];
    const found = { ...emptyTally(), shadow: { ...emptyTally().shadow, agreedAt10: 1 } };
    await Promise.all([tallies().add(id, found), tallies().add(other, found)]);
    await tallies().forget(id);
    expect(await tallies().load(id)).toBeNull();
    await tallies().add(id, found);
    expect(await tallies().load(id)).toEqual(found);
    expect(await tallies().load(other)).toEqual(found);
  });
}
