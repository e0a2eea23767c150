import { createSeededRandom } from '@reembed/core';
import type { DataSet } from './data-set.ts';
import type { EmbeddedSet, Vectors } from './embed-set.ts';

export type DrawnSet = { readonly set: DataSet; readonly old: EmbeddedSet; readonly fresh: EmbeddedSet };

/** `noise`: what each model sees besides what a text means. */
export type Drawing = { readonly documents: number; readonly noise: { readonly old: number; readonly fresh: number } };

const usual: Drawing = { documents: 2_000, noise: { old: 1.1, fresh: 0.5 } };
const queries = 200;
const topics = 60;
const dimensions = 32;

/**
 * A set without texts, for where no data is at hand: meanings around topics, of which each model sees a blurred picture. The ten documents
 * whose meaning is nearest are relevant; few topics are asked about often.
 */
export function drawSet(seed: number, { documents, noise }: Drawing = usual): DrawnSet {
  const random = createSeededRandom(seed);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const around = (centre: readonly number[], spread: number) => centre.map((value) => value + spread * gaussian());
  const centres = Array.from({ length: topics }, () => around(new Array(dimensions).fill(0), 1));
  const meanings = Array.from({ length: documents }, () => around(centres[Math.floor(random() * topics)] ?? [], 0.7));
  // Zipf by its inverse: the first topics are asked most.
  const asked = Array.from({ length: queries }, () => around(centres[Math.floor(topics ** random()) - 1] ?? [], 0.7));
  const seen = (of: readonly (readonly number[])[], blur: number) => vectorsOf(of.map((meaning) => around(meaning, blur)));
  return {
    set: {
      name: `drawn by seed ${seed}`,
      corpus: meanings.map((_, at) => ({ id: `d${at}`, text: '', whole: '' })),
      queries: asked.map((_, at) => ({ id: `q${at}`, text: '' })),
      qrels: asked.flatMap((meaning, at) =>
        nearest(meaning, meanings).map((found) => ({ query: `q${at}`, document: `d${found}`, relevance: 1 })),
      ),
    },
    old: { corpus: seen(meanings, noise.old), queries: seen(asked, noise.old) },
    fresh: { corpus: seen(meanings, noise.fresh), queries: seen(asked, noise.fresh) },
  };
}

function nearest(meaning: readonly number[], meanings: readonly (readonly number[])[]): number[] {
  const distance = (other: readonly number[]) => other.reduce((sum, value, at) => sum + (value - (meaning[at] ?? 0)) ** 2, 0);
  const scored = meanings.map((other, at) => ({ at, far: distance(other) }));
  return scored
    .sort((a, b) => a.far - b.far)
    .slice(0, 10)
    .map(({ at }) => at);
}

/** Of length 1, as models give them. */
function vectorsOf(rows: readonly (readonly number[])[]): Vectors {
  const unit = rows.map((row) => {
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
  return { rows: Float32Array.from(unit.flat()), dimensions };
}
