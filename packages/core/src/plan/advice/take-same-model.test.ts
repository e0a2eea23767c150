import { expect, it } from 'vitest';
import { judge } from './take-same-model.ts';

const names = { vector: '', from: '', model: 'azure/text-embedding-3-small', old: 'openai/text-embedding-3-small' };

it.each([
  ['exact, where nothing is known of the noise', 0.9996, null, 'same'],
  ['a hair off, where nothing is known of the noise', 0.999, null, 'near'],
  ['as far off as the declared model itself', 0.998, 0.002, 'same'],
  ['farther off than four times that', 0.99, 0.002, 'near'],
  ['of another direction', 0.7, 0.002, 'other'],
  ['as far off as two models may be, though the declared one hardly agrees with its own vectors', 0.95, 0.015, 'other'],
  ['within what is one vector, where the declared one hardly agrees with its own', 0.981, 0.015, 'same'],
] as const)('a model under another name is judged by the noise: %s', (_, cosine, noise, verdict) => {
  const judged = judge(names, cosine, 20, noise);
  expect(judged.verdict).toBe(verdict);
  expect(judged.says).toContain(`median cosine ${cosine.toFixed(5)}`);
});
