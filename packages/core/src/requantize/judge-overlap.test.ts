import type { Overlap, VectorStorage } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { judgeOverlap } from './overlap.ts';

const none: VectorStorage = { quantization: null, originals: 'memory' };
const int8: VectorStorage = { quantization: { scalar: { type: 'int8' } }, originals: 'memory' };

function overlap(overlapAt10: number): Overlap {
  return { queries: 100, overlapAt10, p50Ms: 2, p95Ms: 5 };
}

type Case = [
  why: string,
  from: VectorStorage,
  to: VectorStorage,
  before: number | null,
  after: number,
  verdict: 'pass' | 'fail',
  says: string,
];

it.each<Case>([
  ['int8 keeps 0.85', none, int8, 0.99, 0.85, 'pass', 'at least 0.85 wanted'],
  ['int8 keeps less', none, int8, 0.99, 0.84, 'fail', 'less than the 0.85 wanted'],
  ['the index alone found as little', none, int8, 0.8, 0.79, 'pass', 'That is below 0.85, but it was no better before'],
  ['the index alone found little, and this less still', none, int8, 0.8, 0.7, 'fail', 'less than the 0.78 wanted'],
  ['an earlier quantization had lost as much', int8, int8, 0.8, 0.79, 'fail', 'less than the 0.85 wanted'],
  ['nobody knows what was before', none, int8, null, 0.8, 'fail', 'what they found before is not known'],
  ['without quantization the index is all there is', int8, none, 0.9, 0.96, 'pass', 'at least 0.88 wanted'],
])('%s', (_why, from, to, before, after, verdict, says) => {
  const judged = judgeOverlap({ from, to, before: before === null ? null : overlap(before), after: [{ search: null, ...overlap(after) }] });
  expect(judged.verdict).toBe(verdict);
  expect(judged.says).toContain(says);
});

it('says that rescoring does not mend it, where no search finds enough', () => {
  const search = { rescore: true, oversampling: 3 };
  const after = [
    { search: null, ...overlap(0.3) },
    { search, ...overlap(0.5) },
  ];
  expect(judgeOverlap({ from: none, to: int8, before: overlap(1), after }).says).toContain(
    'Rescoring does not mend it: put back what was before',
  );
});
