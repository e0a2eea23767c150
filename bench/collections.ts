import { startChild } from './child.ts';
import type { Bench } from './harness.ts';
import type { Measurement } from './measurement.ts';

/** Creates a collection that is not indexed, so that nothing but reading and writing happens while something is measured. */
export async function createUnindexed(bench: Bench, label: string): Promise<string> {
  const name = bench.collectionName(label);
  await bench.collections.create(name, {
    vectors: { size: bench.dimensions, distance: 'Cosine' },
    optimizers_config: { indexing_threshold: 0 },
  });
  return name;
}

/** Upserts points by plain HTTP, from a process of its own. `prepared`: bodies are ready before the clock starts. */
export async function bareUpsert(
  bench: Bench,
  collection: string,
  options: { points?: number; from?: number; prepared?: boolean } = {},
): Promise<Measurement> {
  const { qdrantUrl: url, dimensions } = bench;
  await using loader = await startChild('bare-loader.ts');
  return await loader.measure({ url, collection, dimensions, points: bench.points, from: 0, prepared: false, ...options });
}
