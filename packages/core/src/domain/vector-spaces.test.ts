import { expect, it } from 'vitest';
import { type Likeness, spaceOf, type VectorSpace } from './vector-spaces.ts';

it.each<[string, Likeness, VectorSpace]>([
  ['what the model makes of the text', { declared: 0.9998, other: 0.02 }, 'declared'],
  ['of the model, of a text that was edited since', { declared: 0.7, other: 0.1 }, 'declared'],
  ['of the other model', { declared: 0.04, other: 0.9999 }, 'other'],
  ['of the other model, of another template', { declared: -0.05, other: 0.72 }, 'other'],
  ['of neither', { declared: 0.05, other: 0.1 }, 'unlike'],
  ['of neither, where one was asked alone', { declared: 0.05, other: null }, 'unlike'],
  ['of the model all the same, where both are near', { declared: 0.97, other: 0.99 }, 'declared'],
  ['not known where nobody was asked', { declared: null, other: null }, 'unknown'],
  ['not known where the other alone was asked: that may be the same by another name', { declared: null, other: 0.99 }, 'unknown'],
])('a vector is %s', (_, likeness, space) => expect(spaceOf(likeness)).toBe(space));
