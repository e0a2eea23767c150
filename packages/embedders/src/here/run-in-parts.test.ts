import { expect, it } from 'vitest';
import { runInParts } from './run-in-parts.ts';

const texts = [[1], [2, 2, 2, 2], [3], [4, 4, 4]];

async function run(paddedTokens: number) {
  const parts: number[][] = [];
  const rows = await runInParts(texts, paddedTokens, async (part) => {
    parts.push(part.map((ids) => ids[0] ?? 0));
    return Float32Array.from(part.flatMap((ids) => [ids[0] ?? 0, ids.length]));
  });
  return { parts, rows: rows.map((row) => [...row]) };
}

it('puts texts of like length together, and gives the rows back in the order of the texts', async () => {
  const { parts, rows } = await run(8);
  expect(parts).toEqual([
    [1, 3],
    [4, 2],
  ]);
  expect(rows).toEqual([
    [1, 1],
    [2, 4],
    [3, 1],
    [4, 3],
  ]);
});

it('runs each text alone where nothing may stand beside it', async () => {
  expect((await run(0)).parts).toEqual([[1], [3], [4], [2]]);
});
