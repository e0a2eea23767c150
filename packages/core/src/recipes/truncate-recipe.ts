import type { Issue, TruncateRecipe, VectorSpec } from '@reembed/contracts';
import type { PointText, WrittenVector } from '../domain/point.ts';
import { type SetAsideEntry, setAsideEntry } from '../domain/set-aside.ts';
import { listed } from '../domain/words.ts';
import { dimensionList, givesDimensions } from './embed-recipe.ts';
import { type PlanScene, sourceOrigins } from './plan-scene.ts';
import { cutVector, isStoredForm, onDiskByDefault, type Rows, readRows, writeRows, writtenRows } from './stored-vector.ts';
import { madeForFree, pathOf, type TargetVector, usingClause } from './target-vector.ts';

/** The first values of a source vector, renormalised; of a multivector, those of every row. */
export function truncateRecipe(name: string, recipe: TruncateRecipe, vector: Omit<VectorSpec, 'truncate'>): TargetVector {
  const { vector: from, dimensions } = recipe;
  const path = pathOf({ name, recipe: 'truncate' });
  const cut = (text: string): Rows | null => {
    const { rows, multi } = readRows(text);
    const cuts = rows.flatMap((row) => cutVector(row, dimensions) ?? []);
    return cuts.length < rows.length ? null : { rows: cuts, multi };
  };
  return {
    name,
    recipe: 'truncate',
    reads: [from],
    paid: false,
    async make(context, points) {
      const vectors = new Map<PointText, WrittenVector>();
      const setAside = new Map<PointText, SetAsideEntry>();
      for (const point of points) {
        const text = point.vectors[from];
        if (text === undefined) continue;
        const made = cut(text);
        if (made !== null) vectors.set(point, writtenRows(made, context.encodeVector));
        else setAside.set(point, setAsideEntry(point, name, 'vector-zero', noDirection(point, from, dimensions)));
      }
      return madeForFree(vectors, setAside);
    },
    reuse: () => null,
    async check(context, pairs) {
      return pairs.map(({ source, target }) => {
        const text = source.vectors[from];
        const stored = target.vectors[name];
        if (text === undefined) return stored === undefined ? null : 'vector-differs';
        if (stored === undefined) return 'vector-missing';
        const wanted = cut(text);
        if (wanted === null) return 'vector-differs';
        return isStoredForm(writeRows(wanted, context.encodeVector), stored, context.resolved.storedAs[name]) ? null : 'vector-differs';
      });
    },
    schema(source) {
      const params = source.vectors[from];
      if (params === undefined) return null;
      return {
        kind: 'dense',
        params: { ...params, ...onDiskByDefault(params), size: dimensions, ...distanceOf(vector), ...vector.settings },
      };
    },
    origin({ known }) {
      const whole = known[from];
      return whole === undefined ? null : { ...whole, dimensions, cutFrom: whole.cutFrom ?? whole.dimensions };
    },
    blockers: (scene) => [...vectorBlockers(path, recipe, vector, scene), ...modelBlockers(path, recipe, scene)],
    warnings({ around: { source } }) {
      const distance = vector.distance ?? source?.vectors[from]?.distance;
      return distance === undefined ? [] : distanceWarnings(name, distance);
    },
    queryChange: ({ where, spec }) =>
      `Embed queries as for the vector ${JSON.stringify(from)}${madeBy(spec.source.vectors[from]?.model)}, ask for ${dimensions} dimensions or cut them to the first ${dimensions} ` +
      `values and divide by their length, and search "${where}" ${usingClause(name)}.`,
  };
}

function madeBy(model: string | undefined): string {
  return model === undefined ? '' : ` (${model})`;
}

function distanceOf({ distance }: Pick<VectorSpec, 'distance'>) {
  return distance === undefined ? {} : { distance };
}

function noDirection(point: PointText, from: string, dimensions: number): string {
  return `point ${point.id.id}: the first ${dimensions} values of its vector ${JSON.stringify(from)} are all zero, so nothing can be cut from it; mend the vector in the source`;
}

function vectorBlockers(
  path: string,
  { vector: from, dimensions }: TruncateRecipe,
  { settings }: Pick<VectorSpec, 'settings'>,
  { around: { source } }: PlanScene,
): Issue[] {
  if (source === null) return [];
  const blocker = (field: 'vector' | 'dimensions', value: unknown, message: string): Issue => ({
    field: `${path}.${field}`,
    value,
    message,
  });
  const params = source.vectors[from];
  if (params === undefined) {
    if (source.sparseVectors[from] !== undefined)
      return [blocker('vector', from, 'is a sparse vector, which has no dimensions to cut: keep it')];
    return [blocker('vector', from, `the source has no such dense vector; it has: ${listed(Object.keys(source.vectors))}`)];
  }
  return [
    ...(dimensions < params.size
      ? []
      : [blocker('dimensions', dimensions, `the vector has ${params.size} dimensions: cut it to fewer, or keep it`)]),
    ...((settings.datatype ?? params.datatype) === 'uint8'
      ? [blocker('vector', from, 'would be kept as uint8, in which a vector of length 1 is all zeros: set settings: { datatype: float32 }')]
      : []),
  ];
}

/** A model that was not trained to be cut loses much by it; how much is measured where it is forced. */
function modelBlockers(
  path: string,
  { vector: from, dimensions, force }: TruncateRecipe,
  { spec, around: { source }, catalogue }: PlanScene,
): Issue[] {
  if (source?.vectors[from] === undefined) return [];
  const model = sourceOrigins(spec, source)[from]?.model;
  const facts = model === undefined ? null : catalogue.facts(model);
  const refuse = (message: string): Issue[] => [{ field: `${path}.dimensions`, value: dimensions, message }];
  const measured = 'or set force: true, and the plan measures what the cut loses';
  if (facts !== null && facts.dimensionChoices.length > 0) {
    return givesDimensions(facts, dimensions) || facts.dimensions === dimensions
      ? []
      : refuse(`${model} is not made to be cut to this size; it gives ${dimensionList(facts)}`);
  }
  if (force) return [];
  if (model === undefined)
    return refuse(
      `what made the vector ${JSON.stringify(from)} is not known, so neither is whether it may be cut: say it in source.vectors, ${measured}`,
    );
  if (facts === null)
    return refuse(`nothing is known of ${model}: give it dimensionChoices in reembed.config.yaml if it is a Matryoshka model, ${measured}`);
  return refuse(
    `${model} is not known to be a Matryoshka model, whose first dimensions stand for the whole: embed with a smaller model, ${measured}`,
  );
}

function distanceWarnings(name: string, distance: string): string[] {
  const what = `The vector ${JSON.stringify(name)} is cut and divided by its length`;
  if (distance === 'Dot') return [`${what}: under Dot its scores are cosines, whatever the lengths were before; queries want the same.`];
  if (distance === 'Euclid' || distance === 'Manhattan')
    return [`${what}: under ${distance} distances change their scale, so thresholds have to be set anew.`];
  return [];
}
