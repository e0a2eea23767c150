import { describe, expect, it } from 'vitest';
import { type Attempt, judgeFingerprint } from './judge-fingerprint.ts';

const declared = { vector: '', model: 'a/one', text: '{{body}}', dimensions: 512 };
const attempt = (how: Attempt['how'], ...cosines: number[]): Attempt => ({
  how,
  text: how === 'other-text' ? '{{title}}' : '{{body}}',
  cosines,
});

describe('a fingerprint', () => {
  it.each<[string, 'confirmed' | 'refuted', [Attempt, ...Attempt[]], RegExp]>([
    ['confirms what agrees', 'confirmed', [attempt('declared', 0.9998, 1)], /all of 2 sampled texts agree/],
    ['confirms at the limit', 'confirmed', [attempt('declared', 0.98)], /all of 1/],
    ['names what is mixed in', 'confirmed', [attempt('declared', 1, 1, 0.4)], /1 of 3 sampled texts do not agree/],
    ['refutes below it', 'refuted', [attempt('declared', 0.9799)], /equal dimensions are not the same model/],
    ['finds the prefix of queries', 'refuted', [attempt('declared', 0.9), attempt('query-prefix', 0.999)], /prefix meant for queries/],
    [
      'finds a missing prefix',
      'refuted',
      [attempt('declared', 0.9), attempt('query-prefix', 0.9), attempt('no-prefix', 1)],
      /without the prefix/,
    ],
    [
      'finds the prefix of queries where it changes long texts but little',
      'refuted',
      [attempt('declared', 0.985), attempt('query-prefix', 0.9998)],
      /prefix meant for queries.*cosine 1\.000; as declared only 0\.985/,
    ],
    [
      'confirms what another prefix explains no better',
      'confirmed',
      [attempt('declared', 0.99), attempt('query-prefix', 0.995)],
      /all of 1/,
    ],
    [
      'finds another template',
      'refuted',
      [attempt('declared', 0.5), attempt('other-text', 1)],
      /made of "\{\{title\}\}": the template differs/,
    ],
    [
      'says when nothing explains it',
      'refuted',
      [attempt('declared', 0.1), attempt('other-text', 0.2)],
      /neither another prefix nor another field/,
    ],
  ])('%s', (_, verdict, attempts, says) => {
    const found = judgeFingerprint(declared, attempts);
    expect(found).toMatchObject({ verdict, model: 'a/one' });
    expect(found.says).toMatch(says);
  });
});
