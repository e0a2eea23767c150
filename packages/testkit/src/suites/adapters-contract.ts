import type { AdapterHeader } from '@reembed/contracts';
import type { LearnedMaps } from '@reembed/core';
import { describe, expect, it } from 'vitest';

export type AdaptersUnderTest = {
  readonly learnedMaps: LearnedMaps;
  /** Puts the first or the second of two maps, both from two dimensions to three, under `map.json`; answers what it says of itself. */
  put(which: 'first' | 'second'): Promise<AdapterHeader>;
  remove(): Promise<void>;
};

/** The promises of LearnedMaps, for every place that maps are kept in. `make` answers an empty one. */
export function runAdaptersContract(name: string, make: () => Promise<AdaptersUnderTest>): void {
  describe(`adapters in ${name}`, () => {
    it('say what they are, and map row by row', async () => {
      const { learnedMaps, put } = await make();
      const header = await put('first');
      expect(await learnedMaps.header('map.json')).toEqual(header);
      const projection = await learnedMaps.projection('map.json', header.sha256);
      const [one, both] = [projection(Float32Array.of(3, 4)), projection(Float32Array.of(1, 0, 3, 4))];
      expect([one.length, both.length]).toEqual([3, 6]);
      expect(both.subarray(3)).toEqual(one);
    });

    it('refuse a map that is another than the one wanted, until that is there', async () => {
      const { learnedMaps, put } = await make();
      const wanted = await put('first');
      await put('second');
      const refused = { code: 'adapter-changed', message: expect.stringMatching(new RegExp(`map\\.json.*${wanted.sha256}`)) };
      await expect(learnedMaps.projection('map.json', wanted.sha256)).rejects.toMatchObject(refused);
      await put('first');
      await expect(learnedMaps.projection('map.json', wanted.sha256)).resolves.toBeTypeOf('function');
    });

    it('name the one that is not there', async () => {
      const { learnedMaps, put, remove } = await make();
      const { sha256 } = await put('first');
      await remove();
      const absent = { code: 'invalid-adapter', message: expect.stringContaining('map.json') };
      await expect(learnedMaps.header('map.json')).rejects.toMatchObject(absent);
      await expect(learnedMaps.projection('map.json', sha256)).rejects.toMatchObject(absent);
    });
  });
}
