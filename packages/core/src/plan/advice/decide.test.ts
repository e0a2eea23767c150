import { expect, it } from 'vitest';
import { type Change, decide, type NewVector, type OldVector } from './decide.ts';

const old: OldVector = {
  ...{ model: 'a/one', dimensions: 1024, text: '{{body}}', distance: 'Cosine', unitLength: true, space: null, retired: null },
  ...{ said: null, fingerprint: 'confirmed' },
};
const fresh: NewVector = {
  model: 'a/one',
  dimensions: 1024,
  text: '{{body}}',
  said: null,
  distance: 'Cosine',
  space: null,
  cuttable: false,
};

type Given = { old?: Partial<OldVector> | null; fresh?: Partial<NewVector> } & Partial<
  Pick<Change, 'recipe' | 'points' | 'textless' | 'isRenamed'>
>;

function change({ old: before = {}, fresh: after = {}, ...rest }: Given): Change {
  const made = { vector: 'v', recipe: 'embed' as const, points: 1_000, textless: 0, isRenamed: false, ...rest };
  return { ...made, old: before === null ? null : { ...old, ...before }, fresh: { ...fresh, ...after } };
}

const other = { model: 'b/two' };

it.each<[row: number, reembed: boolean, says: RegExp, given: Given]>([
  [1, false, /kept as it is/, { recipe: 'keep' }],
  [1, false, /nothing has to be embedded/, {}],
  [4, false, /b\/two makes the stored vectors.*by another name/, { fresh: { model: 'b/two' }, isRenamed: true }],
  [1, false, /nothing has to be embedded/, { old: { fingerprint: 'not-made' } }],
  [2, false, /Matryoshka/, { fresh: { dimensions: 256, cuttable: true } }],
  [2, false, /other model of its space/, { old: { space: 's' }, fresh: { ...other, space: 's', dimensions: 256, cuttable: true } }],
  [2, false, /cut to 256/, { recipe: 'truncate', fresh: { dimensions: 256 } }],
  [3, true, /more than the 1024/, { fresh: { dimensions: 2048 } }],
  [4, false, /share one space/, { old: { space: 's' }, fresh: { ...other, space: 's' } }],
  [5, true, /"\{\{body\}\}" to "\{\{title\}\}"/, { fresh: { text: '{{title}}' } }],
  [6, true, /do not compare, whatever their dimensions/, { fresh: other }],
  [6, true, /not made to be cut/, { fresh: { dimensions: 256 } }],
  [6, true, /not what was declared/, { old: { fingerprint: 'refuted' } }],
  [6, true, /what made the old vector is not known/, { old: { model: null } }],
  [6, true, /has no vector that could stand/, { old: null }],
  [6, true, /do not compare/, { old: { space: 's' }, fresh: { ...other, space: 's', text: '{{title}}' } }],
  [7, true, /bridge/, { fresh: other, points: 50_000_000 }],
  [7, false, /adds no information/, { recipe: 'project' }],
  [8, true, /13 % of the sampled points have no text/, { fresh: other, textless: 0.125 }],
  [9, true, /nothing can be embedded/, { fresh: other, textless: 1 }],
  [10, false, /made of words/, { recipe: 'bm25' }],
  [11, true, /retired on 2026-04-04/, { old: { retired: '2026-04-04', fingerprint: 'not-made' }, fresh: other }],
  [12, false, /the order of results stays/, { fresh: { distance: 'Dot' } }],
  [12, false, /may change/, { old: { unitLength: false }, fresh: { distance: 'Dot' } }],
])('row %i, embedding %s: %s', (row, reembed, says, given) => {
  const decision = decide(change(given));
  expect(decision).toMatchObject({ vector: 'v', row, reembed });
  expect(decision.why).toMatch(says);
});
