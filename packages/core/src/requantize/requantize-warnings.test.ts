import type { RequantizeInput } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { setRequantize } from './requantize.fixture.ts';

type Case = [when: string, body: object, input: Partial<RequantizeInput>, warned: RegExp, memory: [number, number]];

const small = { vectors: { size: 384, distance: 'Cosine' } };
const large = { vectors: { size: 1_536, distance: 'Cosine' } };
const quantized = { ...large, quantization_config: { scalar: { type: 'int8' } } };

/** Bytes a point: 4 a dimension, 128 for links, and the quantized copy. */
it.each<Case>([
  ['binary on few dimensions', small, { quantization: { binary: {} } }, /384 dimensions: below 1024/, [1_664, 1_664 + 48]],
  ['product', large, { quantization: { product: { compression: 'x16' } } }, /slow to build and slow to search/, [6_272, 6_272 + 384]],
  ['turbo in two bits', large, { quantization: { turbo: { bits: 'bits2' } } }, /originals .* stay in memory too/, [6_272, 6_272 + 384]],
  [
    'originals on disk, copies kept in memory',
    large,
    { quantization: { scalar: { type: 'int8', always_ram: true } }, originals: 'disk' },
    /rescoring reads the originals of the unnamed vector from disk/,
    [6_272, 128 + 1_536],
  ],
  [
    'originals on disk, and the copies with them',
    large,
    { quantization: { scalar: { type: 'int8' } }, originals: 'disk' },
    /every search reads the disk, unless always_ram/,
    [6_272, 128],
  ],
  ['none any more', quantized, { quantization: null }, /compares whole vectors/, [6_272 + 1_536, 6_272]],
])('warns of %s, and says what memory it takes', async (_when, body, input, warned, [before, after]) => {
  const { ask } = await setRequantize({ body });
  const { points, warnings, vectors } = await ask({ apply: false, ...input });
  expect(points).toBe(30);
  expect(warnings.join('\n')).toMatch(warned);
  expect(vectors[0]?.memoryBytes).toEqual({ before: before * points, after: after * points });
});

it('says that int8 waits for an index where nothing is indexed, and that binary does not', async () => {
  const { ask } = await setRequantize({
    over: (collections) => ({ indexing: async (name) => ({ ...(await collections.indexing(name)), indexedVectors: 0 }) }),
  });
  expect((await ask({ apply: false })).warnings.join()).toMatch(/nothing of "docs" is indexed .* nothing changes until there is one/);
  expect((await ask({ apply: false, quantization: { binary: {} } })).warnings.join()).not.toContain('is indexed');
});
