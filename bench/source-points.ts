import { createSeededRandom } from '@reembed/core';

export type SourcePoint = { readonly id: number; readonly vector: Float32Array; readonly payload: Record<string, unknown> };

const poolFloats = 1 << 20;
const sentence = 'the index keeps every vector of a collection in segments and an optimizer merges them while searches go on';
/** What texts are made of. */
export const words = sentence.split(' ');

/**
 * The points every measurement works with: integer ids, a vector of about unit length, a payload of about 450 bytes of JSON. Made when
 * asked for and the same for the same id, so that no process has to hold a collection in memory to write one.
 */
export function createSourcePoints(dimensions: number): (index: number) => SourcePoint {
  const random = createSeededRandom(512);
  const scale = Math.sqrt(3 / dimensions);
  const pool = Float32Array.from({ length: poolFloats }, () => (random() * 2 - 1) * scale);
  return (index) => {
    const at = (index * 61) % (poolFloats - dimensions);
    return { id: index, vector: pool.subarray(at, at + dimensions), payload: payloadOf(index) };
  };
}

function payloadOf(index: number): Record<string, unknown> {
  const body = Array.from({ length: 50 }, (_, at) => words[(index * 7 + at * (1 + (index % 5))) % words.length]).join(' ');
  return {
    title: `Document ${index}`,
    url: `https://example.com/docs/${index % 97}/page-${index}`,
    lang: index % 3 === 0 ? 'de' : 'en',
    year: 2000 + (index % 26),
    score: index / 7,
    tags: [`tag-${index % 11}`, `tag-${index % 13}`],
    text: body.slice(0, 270),
  };
}
