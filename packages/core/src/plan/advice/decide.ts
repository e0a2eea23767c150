import type { Decision, Fingerprint, RecipeName, SaidOfModel } from '@reembed/contracts';
import { isMadeAlike } from '../../recipes/said-of-models.ts';

/** What is known of the vector that a target vector replaces, or is made from. */
export type OldVector = {
  readonly model: string | null;
  readonly dimensions: number;
  readonly text: string | null;
  /** What was said of the model when the vector was made; null: nothing. */
  readonly said: SaidOfModel | null;
  readonly distance: string;
  /** Whether the sampled vectors have length 1; null where none were read. */
  readonly unitLength: boolean | null;
  /** The space it shares with other models; null: its own. */
  readonly space: string | null;
  /** The day it was retired. */
  readonly retired: string | null;
  readonly fingerprint: Fingerprint['verdict'];
};

export type NewVector = {
  readonly model: string | null;
  readonly dimensions: number | null;
  readonly text: string | null;
  readonly said: SaidOfModel | null;
  readonly distance: string;
  readonly space: string | null;
  /** Whether the old model is made to be cut to these dimensions. */
  readonly cuttable: boolean;
};

/** One vector of the target beside what there is. */
export type Change = {
  readonly vector: string;
  readonly recipe: RecipeName;
  readonly old: OldVector | null;
  readonly fresh: NewVector;
  readonly points: number;
  /** The share of sampled points that have no text, 0 to 1. */
  readonly textless: number;
  /** Whether the new model was seen to make the stored vectors: it is the old one by another name. */
  readonly isRenamed: boolean;
};

/** The rows of the decision table in docs/plan.md, by what they are about. */
export const rows = {
  same: 1,
  cut: 2,
  larger: 3,
  sharedSpace: 4,
  otherText: 5,
  otherModel: 6,
  bridge: 7,
  someTextless: 8,
  textless: 9,
  words: 10,
  retired: 11,
  otherDistance: 12,
  rows: 13,
} as const;

/** From here on a learned map pays as a bridge. */
export const bridgePoints = 50_000_000;

type Verdict = Omit<Decision, 'vector'>;

/** The row of the decision table that a change falls into. */
export function decide(change: Change): Decision {
  const verdict = rowOf[change.recipe](change) ?? renamedModel(change) ?? sameModel(change) ?? anotherModel(change);
  return { vector: change.vector, ...verdict };
}

/** The row that a recipe falls into by its kind alone; null: it depends on the models. */
const rowOf: { readonly [Name in RecipeName]: (change: Change) => Verdict | null } = {
  embed: () => null,
  keep: () => free(rows.same, 'it is kept as it is: copied as text, and no model is called'),
  truncate: ({ old, fresh }) => free(rows.cut, cutAsAsked(old, fresh)),
  project: () =>
    free(
      rows.bridge,
      'it comes from a learned map, as a bridge: the map adds no information, so embedding anew into a field of its own should follow',
    ),
  bm25: () => free(rows.words, 'it is made of words: dense vectors are copied, and no model is called'),
  sparse: ({ fresh }) => ({
    ...free(rows.words, `it is made of words with learned weights, by ${fresh.model}; dense vectors are copied`),
    sendsTexts: true,
  }),
  multivector: ({ fresh }) => ({
    ...free(
      rows.rows,
      `it has a row for every token, by ${fresh.model}, to rank anew what another vector finds: it stands for no dense vector`,
    ),
    sendsTexts: true,
  }),
};

function cutAsAsked(old: OldVector | null, { dimensions, cuttable }: NewVector): string {
  const cut = `it is cut to ${dimensions} dimensions from stored vectors: no model is called`;
  if (cuttable) return cut;
  return `${cut}, but ${old?.model ?? 'what made them'} is not known to be a Matryoshka model, so the cut loses more than its size suggests`;
}

/** Row 4: the very same vectors, whatever their model is called. */
function renamedModel({ isRenamed, old, fresh }: Change): Verdict | null {
  if (!isRenamed) return null;
  const why = `${fresh.model} makes the stored vectors, within the noise: it is ${old?.model ?? 'what made them'} by another name. Nothing has to be embedded; change the name of the model`;
  return free(rows.sharedSpace, why);
}

/** Rows 1 to 5 and 12: the old vector is of this model, or of one that shares its space. */
function sameModel({ old, fresh }: Change): Verdict | null {
  if (old === null || old.model === null || old.fingerprint === 'refuted') return null;
  const same = old.model === fresh.model;
  if (!same && (old.space === null || old.space !== fresh.space)) return null;
  if (old.text !== fresh.text)
    return same
      ? full(
          rows.otherText,
          `the model stays, but its text changes from ${quoted(old.text)} to ${quoted(fresh.text)}: each text has to be embedded again`,
        )
      : null;
  if (same && !isMadeAlike(old.said ?? undefined, fresh.said ?? undefined))
    return full(
      rows.otherText,
      'the model stays, but what is said of it under `models` does not, which makes every vector another: embed again',
    );
  const size = fresh.dimensions ?? old.dimensions;
  if (size > old.dimensions)
    return full(
      rows.larger,
      `${size} dimensions are more than the ${old.dimensions} that are stored, and what was left out is nowhere: embed again`,
    );
  if (size < old.dimensions)
    return fresh.cuttable ? cut(old, size, same) : full(rows.otherModel, `${old.model} is not made to be cut to ${size} dimensions`);
  if (!same)
    return free(rows.sharedSpace, `${old.model} and ${fresh.model} share one space: stored vectors stay, only what embeds queries changes`);
  if (old.distance !== fresh.distance) return distanceOnly(old, fresh);
  return free(
    rows.same,
    'model, dimensions and text are those of the stored vectors: nothing has to be embedded; `keep` copies them, and quantisation or HNSW change in place',
  );
}

function cut(old: OldVector, size: number, same: boolean): Verdict {
  const query = same ? '' : '; queries then come from the other model of its space';
  return free(
    rows.cut,
    `${old.model} is a Matryoshka model: the first ${size} of its ${old.dimensions} dimensions are a vector, once divided by their length${query}`,
  );
}

function distanceOnly(old: OldVector, fresh: NewVector): Verdict {
  const why = `only the distance changes, from ${old.distance} to ${fresh.distance}: vectors are copied into a new collection`;
  if (old.unitLength === true) return free(rows.otherDistance, `${why}; the sampled ones have length 1, so the order of results stays`);
  return free(
    rows.otherDistance,
    `${why}; ${old.unitLength === null ? 'their length is not known' : 'the sampled ones do not have length 1'}, so the order of results may change`,
  );
}

/** Rows 6 to 9 and 11: texts have to be embedded, where there are any. */
function anotherModel({ old, fresh, points, textless }: Change): Verdict {
  if (textless >= 1)
    return {
      row: rows.textless,
      reembed: true,
      why: 'no sampled point has a text, so nothing can be embedded: only a cut, a model of the same space or a learned map can be had, or texts from elsewhere (source.textFrom)',
    };
  const because = reason(old, fresh);
  if (textless > 0)
    return full(
      rows.someTextless,
      `${because}; ${Math.ceil(textless * 100)} % of the sampled points have no text: onMissingText says what becomes of them`,
    );
  if (points >= bridgePoints)
    return full(rows.bridge, `${because}; for so many points a learned map can serve as a bridge while they are embedded`);
  if (old?.retired)
    return full(
      rows.retired,
      `${old.model} was retired on ${old.retired}: it embeds no query more, so this is urgent, and the old side can be judged by stored vectors only`,
    );
  return full(rows.otherModel, because);
}

function reason(old: OldVector | null, { model }: NewVector): string {
  if (old === null) return `the source has no vector that could stand for ${model}: each text has to be embedded`;
  if (old.model === null)
    return `what made the old vector is not known, so nothing of it can be reused: each text has to be embedded by ${model}`;
  if (old.fingerprint === 'refuted')
    return `the stored vectors are not what was declared, so nothing of them can be reused: each text has to be embedded by ${model}`;
  const equal = `vectors of ${old.model} and ${model} do not compare, whatever their dimensions`;
  return `${equal}: each text has to be embedded`;
}

function free(row: number, why: string): Verdict {
  return { row, reembed: false, why };
}

function full(row: number, why: string): Verdict {
  return { row, reembed: true, why };
}

function quoted(text: string | null): string {
  return text === null ? 'nothing that is known' : JSON.stringify(text);
}
