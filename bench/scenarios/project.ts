import { createSeededRandom } from '@reembed/core';
import { holdMap, openLinearAlgebra } from '@reembed/learned-maps';
import { markdownTable, type Scenario } from '../harness.ts';
import { median } from '../measurement.ts';

const pagePoints = 256;
const pagesARound = 40;
/** As many as a fit takes at most. */
const landmarks = 1_024;
/** From old to new: the dimensions of models that are in use. */
const shapes = [
  [512, 384],
  [768, 1536],
  [1536, 1536],
] as const;

/** A learned map over pages of vectors, beside the bare product of the library it stands on, in this process alone. */
export const project: Scenario = {
  name: 'project',
  summary: 'learned maps over pages of 256 vectors, beside the bare matrix product, and kernels beside ridge',
  async run(bench) {
    const algebra = await openLinearAlgebra();
    const random = createSeededRandom(1);
    const values = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
    const rows = shapes.map(([from, to]) => {
      const [page, matrix] = [values(pagePoints * from), values(from * to)];
      const bare = algebra.hold(matrix, from);
      const map = holdMap(algebra, { from, to, matrix, offset: values(to), normalise: true });
      const kernel = { landmarks: values(landmarks * from), width: Math.sqrt(from) };
      const bent = holdMap(algebra, { from, to, matrix: values(landmarks * to), offset: values(to), normalise: true, kernel });
      const rounds = Array.from({ length: bench.rounds + 1 }, () =>
        timeInTurn({ bare: () => bare.multiply(page), map: () => map.apply(page), kernel: () => bent.apply(page) }),
      ).slice(1);
      for (const held of [bare, map, bent]) held.close();
      const bareMs = median(rounds.map((round) => round.bare));
      const mapMs = median(rounds.map((round) => round.map));
      const kernelMs = median(rounds.map((round) => round.kernel));
      const each = (ms: number) => ((1000 * ms) / pagePoints).toFixed(1);
      const gflops = (2 * pagePoints * from * to) / bareMs / 1e6;
      const ratio = median(rounds.map((round) => round.bare / round.map));
      const speed = ((pagePoints / mapMs) * 1000).toFixed(0);
      return [`${from} to ${to}`, speed, ratio.toFixed(2), gflops.toFixed(1), each(mapMs), each(kernelMs)];
    });
    const head = [
      ...['dimensions', 'vectors/s', "ratio to the library's bare product", 'GFLOP/s of the bare product'],
      ...['µs a point', `µs a point, kernel of ${landmarks} landmarks`],
    ];
    for (const line of markdownTable(head, rows)) bench.print(line);
  },
};

type Timed<Value> = { readonly bare: Value; readonly map: Value; readonly kernel: Value };

/** All page by page in turn, so that what else the machine does meets each; ms of the median page. */
function timeInTurn({ bare, map, kernel }: Timed<() => Float32Array>): Timed<number> {
  const pages = Array.from({ length: pagesARound }, () => ({ bare: msOf(bare), map: msOf(map), kernel: msOf(kernel) }));
  const over = (of: keyof Timed<number>) => median(pages.map((page) => page[of]));
  return { bare: over('bare'), map: over('map'), kernel: over('kernel') };
}

function msOf(run: () => Float32Array): number {
  const startedAt = performance.now();
  if (run().length === 0) throw new Error('nothing was mapped');
  return performance.now() - startedAt;
}
