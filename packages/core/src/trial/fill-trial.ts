import type { Spec } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { type PointText, pointIdToJson, type WrittenPoint, type WrittenVector } from '../domain/point.ts';
import { byId } from '../domain/point-id-set.ts';
import { type ModelVector, modelVectors } from '../domain/recipes-of.ts';
import { retrieveAll } from '../ports/collections.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { type Reuse, reuseStored } from '../recipes/apply-recipes.ts';
import { reuseEarlier } from '../recipes/earlier-vectors.ts';
import { askEmbeddings } from '../recipes/model-calls.ts';
import { textOf } from '../recipes/render-text.ts';
import { shapedJson, shapeOf } from '../recipes/shaped-vector.ts';
import { targetPayloads } from '../recipes/target-payload.ts';
import type { RecipeContext, TargetVector } from '../recipes/target-vector.ts';
import { projectionsOf, targetVectors } from '../recipes/target-vectors.ts';
import type { TrialDraw } from './draw-trial.ts';
import type { TrialCosts } from './trial-costs.ts';
import { type TrialRecord, withMarks } from './trial-store.ts';

export type FillDeps = Pick<CoordinatorDeps, 'points' | 'modelCalls' | 'catalogue' | 'learnedMaps'>;

/** Points whose vectors are held at once. */
export const pagePoints = 256;

export type Filling = {
  readonly record: TrialRecord;
  /** What is tried: points of the source with payload and texts from elsewhere. Their vectors, which may be hundreds of megabytes, are read a page at a time. */
  readonly sample: readonly PointText[];
  readonly draw: TrialDraw;
  readonly costs: TrialCosts;
  /** Waits for an answer of the fleet. */
  readonly answered: <Answer>(ask: () => Promise<Answer | null>) => Promise<Answer>;
  readonly onProgress: (done: number) => void;
};

/** A vector of one point that is there already, or has to be embedded. */
type Piece = { readonly point: PointText; readonly vector: TargetVector; readonly recipe: ModelVector['recipe']; readonly text: string };

/** `kept`: vectors that were there. `refusals`: by vector of the trial, what its model says of the first text that it refuses. */
export type Filled = { readonly kept: number; readonly refusals: ReadonlyMap<string, string> };

/**
 * Puts the sample into the trial's collection, a page at a time, so that what was paid for is stored soon. What the collection has, or an
 * earlier one of this source, is not embedded again. All that is to be embedded is counted against the budget before the first text is sent.
 */
export async function fillTrial(deps: FillDeps, { record, sample, draw, costs, answered, onProgress }: Filling): Promise<Filled> {
  const { kept, pieces } = await lookAt(deps, record, sample);
  const refusals = new Map<string, string>();
  costs.spend(byModel([...pieces.values()].flat()));
  onProgress(0);
  for (let at = 0; at < sample.length; at += pagePoints) {
    const page = await withVectors(deps, record, sample.slice(at, at + pagePoints));
    const reuse = await whatIsThere(deps, record, page);
    const wanted = page.flatMap((point) => (pieces.get(pointIdToJson(point.id)) ?? []).map((piece) => ({ ...piece, point })));
    const embedded = await embedPieces(deps, record, wanted, { answered, refusals });
    const give: Reuse = (vector, point) => reuse(vector, point) ?? embedded.get(point)?.[vector.name] ?? null;
    const points = await madePoints(deps, record, page, give);
    const marked = points.map((point) => ({ ...point, payload: withMarks(point, draw) }));
    await deps.points.updateOnly(record.spec.target.collection, marked);
    await deps.points.insertOnly(record.spec.target.collection, marked);
    onProgress(at + page.length);
  }
  return { kept, refusals };
}

/** How many vectors are there, and by point what has to be embedded. */
async function lookAt(deps: FillDeps, record: TrialRecord, sample: readonly PointText[]) {
  const paid = embeddedVectors(record.spec);
  const pieces = new Map<string, Piece[]>();
  let kept = 0;
  for (let at = 0; at < sample.length; at += pagePoints) {
    const page = sample.slice(at, at + pagePoints);
    const reuse = await whatIsThere(deps, record, page);
    for (const point of page)
      for (const { vector, recipe } of paid) {
        const text = textOf(recipe.text, point);
        if (text === null) continue;
        const key = pointIdToJson(point.id);
        if (reuse(vector, point) !== null) kept += 1;
        else pieces.set(key, [...(pieces.get(key) ?? []), { point, vector, recipe, text }]);
      }
  }
  return { kept, pieces };
}

/** A page with the vectors of the source that recipes read. */
async function withVectors(deps: FillDeps, { spec, source }: TrialRecord, page: readonly PointText[]): Promise<PointText[]> {
  const names = [...new Set(targetVectors(spec).flatMap(({ reads }) => reads))];
  const read = byId(await retrieved(deps.points, source.name, page, names));
  return page.map((point) => ({ ...point, vectors: read.get(point.id)?.vectors ?? {} }));
}

/** The vectors whose texts the fleet embeds. What Qdrant itself embeds is sent as a text, and made while it is written. */
function embeddedVectors(spec: Spec): { readonly vector: TargetVector; readonly recipe: ModelVector['recipe'] }[] {
  const recipes = new Map(modelVectors(spec).map(({ name, recipe }) => [name, recipe]));
  return targetVectors(spec).flatMap((vector) => {
    const recipe = recipes.get(vector.name);
    return recipe === undefined ? [] : [{ vector, recipe }];
  });
}

function byModel(pieces: readonly Piece[]): { model: string; texts: string[] }[] {
  // Equal texts of one vector are sent once a page: counted for each, the count stays an upper bound.
  return [...Map.groupBy(pieces, ({ recipe }) => recipe.model)].map(([model, of]) => ({ model, texts: of.map(({ text }) => text) }));
}

/** What the trial's own collection has of the sample, and what an earlier one has, as far as the texts are still the same. */
async function whatIsThere({ points }: FillDeps, { spec, resolved }: TrialRecord, sample: readonly PointText[]): Promise<Reuse> {
  const names = modelVectors(spec).map(({ name }) => name);
  const { earlier } = resolved;
  const own = await retrieved(points, spec.target.collection, sample, names);
  const ofOwn = reuseStored({ spec }, own);
  if (earlier === null) return ofOwn;
  const before = await retrieved(points, earlier.collection, sample, [...new Set(Object.values(earlier.vectors))]);
  const ofEarlier = reuseEarlier(earlier, byId(before));
  return (vector, point) => ofOwn(vector, point) ?? ofEarlier(vector, point);
}

function retrieved(points: FillDeps['points'], collection: string, sample: readonly PointText[], vectors: readonly string[]) {
  return retrieveAll(points, collection, { ids: sample.map(({ id }) => id), payload: true, vectors });
}

type Embedding = Pick<Filling, 'answered'> & { readonly refusals: Map<string, string> };

/**
 * What the model refuses leaves its point without the vector, as a migration would set it aside. Of a page that may be all: the same trial again
 * asks for nothing but what was refused before.
 */
async function embedPieces(deps: FillDeps, { id: scope, spec }: TrialRecord, pieces: readonly Piece[], { answered, refusals }: Embedding) {
  const made = new Map<PointText, Record<string, string>>();
  for (const [, some] of Map.groupBy(pieces, ({ vector }) => vector.name)) {
    const { model, dimensions, onLongText } = (some[0] as Piece).recipe;
    const wanted = {
      scope,
      model,
      said: spec.models[model],
      dimensions: dimensions ?? null,
      kind: 'document',
      onLongText,
      mayRefuseAll: true,
      texts: some.map(({ text }) => text),
    } as const;
    const found = await answered(() => askEmbeddings(deps, wanted));
    for (const [at, { point, vector }] of some.entries()) {
      const one = found[at];
      if (one === undefined) throw new Error('a text has no answer');
      if ('vector' in one) made.set(point, { ...made.get(point), [vector.name]: shapedJson(one.vector, shapeOf(spec, vector.name)) });
      else if (!refusals.has(vector.name)) refusals.set(vector.name, one.refused);
    }
  }
  return made;
}

async function madePoints(
  { catalogue, learnedMaps }: FillDeps,
  { spec, resolved }: TrialRecord,
  page: readonly PointText[],
  give: Reuse,
): Promise<WrittenPoint[]> {
  const payloads = targetPayloads(spec);
  const made = new Map<PointText, Record<string, WrittenVector>>(page.map((point) => [point, {}]));
  const context: RecipeContext = {
    ...{ spec, resolved, embedding: {}, bm25: catalogue.bm25 },
    encodeVector: (vector) => JSON.stringify([...vector]),
    projections: await projectionsOf(learnedMaps, { spec, resolved }),
  };
  const embedded = new Set(modelVectors(spec).map(({ name }) => name));
  for (const vector of targetVectors(spec)) {
    const vectors = embedded.has(vector.name)
      ? page.flatMap((point) => {
          const text = give(vector, point);
          return text === null ? [] : [[point, text] as const];
        })
      : (await vector.make(context, page)).vectors;
    for (const [point, text] of vectors) Object.assign(made.get(point) ?? {}, { [vector.name]: text });
  }
  return page.map((point) => {
    const mapped = payloads.of(point);
    if ('conflict' in mapped)
      throw new ReembedError(
        'payload-conflict',
        `point ${point.id.id} has the payload field "${mapped.conflict}" already: choose another name in sync.hashField`,
      );
    return { id: point.id, payload: mapped.payload, vectors: made.get(point) ?? {} };
  });
}
