import { createSeededRandom } from '@reembed/core';
import { holdMap, openLinearAlgebra } from '@reembed/learned-maps';
import { markdownTable, type Scenario } from '../harness.ts';
import { median } from '../measurement.ts';

const pagePoints = 256;
const pagesARound = 40;
/** From old to new: the dimensions of models that are in use. */
const shapes = [
  [512, 384],
  [768, 1536],
  [1536, 1536],
] as const;

/** A learned map over pages of vectors, beside the bare product of the library it stands on, in this process alone. */
export const project: Scenario = {
  name: 'project',
  summary: 'learned maps over pages of 256 vectors, beside the bare matrix product',
  async run(bench) {
    const algebra = await openLinearAlgebra();
    const random = createSeededRandom(1);
    const values = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
    const rows = shapes.map(([from, to]) => {
      const [page, matrix] = [values(pagePoints * from), values(from * to)];
      const bare = algebra.hold(matrix, from);
      const map = holdMap(algebra, { from, to, matrix, offset: values(to), normalise: true });
      const rounds = Array.from({ length: bench.rounds + 1 }, () =>
        timeInTurn(
          () => bare.multiply(page),
          () => map.apply(page),
        ),
      ).slice(1);
      bare.close();
      map.close();
      const bareMs = median(rounds.map((round) => round.bare));
      const mapMs = median(rounds.map((round) => round.map));
      const gflops = (2 * pagePoints * from * to) / bareMs / 1e6;
      const ratio = median(rounds.map((round) => round.bare / round.map));
      return [`${from} to ${to}`, ((pagePoints / mapMs) * 1000).toFixed(0), ratio.toFixed(2), gflops.toFixed(1)];
    });
    const head = ['dimensions', 'vectors/s', "ratio to the library's bare product", 'GFLOP/s of the bare product'];
    for (const line of markdownTable(head, rows)) bench.print(line);
  },
};

/** Both page by page in turn, so that what else the machine does meets both; ms of the median page. */
function timeInTurn(bare: () => Float32Array, map: () => Float32Array): { readonly bare: number; readonly map: number } {
  const pages = Array.from({ length: pagesARound }, () => ({ bare: msOf(bare), map: msOf(map) }));
  return { bare: median(pages.map((page) => page.bare)), map: median(pages.map((page) => page.map)) };
}

function msOf(run: () => Float32Array): number {
  const startedAt = performance.now();
  if (run().length === 0) throw new Error('nothing was mapped');
  return performance.now() - startedAt;
}
