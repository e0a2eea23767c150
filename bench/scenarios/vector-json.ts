import { vectorToJson } from '@reembed/qdrant';
import { markdownTable, type Scenario } from '../harness.ts';
import { median } from '../measurement.ts';
import { createSourcePoints } from '../source-points.ts';

const vectorsARound = 4_000;

/** How long it takes to spell a float32 as JSON that reads back as the same one, in this process alone. */
export const vectorJson: Scenario = {
  name: 'vector-json',
  summary: 'spelling float32 vectors as exact JSON text',
  async run(bench) {
    const pointOf = createSourcePoints(bench.dimensions);
    const vectors = Array.from({ length: vectorsARound }, (_, index) => pointOf(index).vector);
    const ways: Readonly<Record<string, (vector: Float32Array) => string>> = {
      vectorToJson,
      'toPrecision(9)': (vector) => `[${Array.from(vector, (value) => value.toPrecision(9)).join(',')}]`,
      'JSON.stringify of doubles': (vector) => JSON.stringify(Array.from(vector)),
    };
    const rows = Object.entries(ways).map(([name, spell]) => {
      const rounds = Array.from({ length: bench.rounds + 1 }, () => timeOf(spell, vectors)).slice(1);
      const characters = spell(vectors[0] ?? new Float32Array()).length;
      return [name, (median(rounds.map((ms) => (ms * 1e6) / vectorsARound)) / bench.dimensions).toFixed(0), String(characters)];
    });
    for (const line of markdownTable(['how', 'ns/float', `characters of ${bench.dimensions} floats`], rows)) bench.print(line);
  },
};

function timeOf(spell: (vector: Float32Array) => string, vectors: readonly Float32Array[]): number {
  const startedAt = performance.now();
  let length = 0;
  for (const vector of vectors) length += spell(vector).length;
  if (length === 0) throw new Error('nothing was spelled');
  return performance.now() - startedAt;
}
