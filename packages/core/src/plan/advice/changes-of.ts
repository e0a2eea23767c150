import type { Fingerprint, SameModel, VectorOrigin } from '@reembed/contracts';
import type { CollectionInfo } from '../../domain/collection-info.ts';
import type { PointText } from '../../domain/point.ts';
import { embedVectors, matchRecipe } from '../../domain/recipes-of.ts';
import type { ModelCatalogue } from '../../ports/embedder.ts';
import { givesDimensions } from '../../recipes/embed-recipe.ts';
import type { PlanScene } from '../../recipes/plan-scene.ts';
import { textOf } from '../../recipes/render-text.ts';
import { isMultivector, readRows } from '../../recipes/stored-vector.ts';
import type { TargetVector } from '../../recipes/target-vector.ts';
import { targetVectors } from '../../recipes/target-vectors.ts';
import { replaced } from '../carried-settings.ts';
import type { Change, NewVector, OldVector } from './decide.ts';

/** What was read besides the scene: points with one source vector each, and how the fingerprints came out. */
export type OldVectors = {
  readonly origins: Readonly<Record<string, VectorOrigin>>;
  readonly fingerprints: readonly Fingerprint[];
  readonly sameModels: readonly SameModel[];
  readonly samples: Readonly<Record<string, readonly PointText[]>>;
};

/** Every vector of the target beside the one it replaces or is made from. */
export function changesOf(scene: PlanScene, source: CollectionInfo, known: OldVectors): Change[] {
  return targetVectors(scene.spec).map((vector) => {
    const name = replaced(vector, scene.spec, source);
    const old = name === null ? null : oldVector(name, source, scene.catalogue, known);
    const { vector: target, recipe } = { vector: vector.name, recipe: vector.recipe };
    return {
      vector: target,
      recipe,
      old,
      fresh: newVector(vector, scene, old),
      points: scene.points,
      textless: textless(vector, scene),
      isRenamed: known.sameModels.some((one) => one.vector === target && one.verdict === 'same'),
    };
  });
}

function oldVector(name: string, source: CollectionInfo, catalogue: ModelCatalogue, known: OldVectors): OldVector | null {
  const params = source.vectors[name];
  if (params === undefined) return null;
  const origin = known.origins[name];
  const record = origin === undefined ? null : catalogue.record(origin.model);
  return {
    model: origin?.model ?? null,
    text: origin?.text ?? null,
    said: origin?.said ?? null,
    ...{ dimensions: params.size, distance: params.distance },
    unitLength: isMultivector(params) ? null : unitLength((known.samples[name] ?? []).flatMap(({ vectors }) => vectors[name] ?? [])),
    space: record?.space ?? null,
    retired: record?.retired ?? null,
    fingerprint: known.fingerprints.find(({ vector }) => vector === name)?.verdict ?? 'not-made',
  };
}

/** Whether all have length 1, as near as f32 and f16 come. */
function unitLength(texts: readonly string[]): boolean | null {
  if (texts.length === 0) return null;
  return texts.every((text) => readRows(text).rows.every((row) => Math.abs(Math.hypot(...row) - 1) < 0.01));
}

function newVector({ name }: TargetVector, { spec, catalogue, adapters }: PlanScene, old: OldVector | null): NewVector {
  const vector = spec.vectors[name];
  if (vector === undefined) throw new Error(`the spec has no vector "${name}"`);
  const header = adapters[name];
  const stored = { model: null, text: null, said: null, space: null, dimensions: null, distance: old?.distance ?? 'Cosine' };
  const made = matchRecipe<Omit<NewVector, 'cuttable'>>(vector, {
    embed: ({ model, text, dimensions = catalogue.facts(model)?.dimensions ?? null }) => {
      return {
        model,
        text,
        said: spec.models[model] ?? null,
        dimensions,
        space: catalogue.record(model)?.space ?? null,
        distance: 'Cosine',
      };
    },
    keep: () => stored,
    truncate: ({ dimensions }) => ({ ...stored, dimensions }),
    bm25: () => stored,
    sparse: ({ model, text }) => ({ ...stored, model, text }),
    multivector: ({ model, text, dimensions }) => ({ ...stored, model, text, dimensions }),
    project: () => ({ ...stored, dimensions: header === undefined || header instanceof Error ? null : header.to.dimensions }),
  });
  const oldFacts = old?.model ? catalogue.facts(old.model) : null;
  const cuttable = oldFacts !== null && made.dimensions !== null && givesDimensions(oldFacts, made.dimensions);
  return { ...made, distance: vector.distance ?? made.distance, cuttable };
}

function textless({ name }: TargetVector, { spec, sample }: PlanScene): number {
  const recipe = embedVectors(spec).find((vector) => vector.name === name)?.recipe;
  if (recipe === undefined || sample.length === 0) return 0;
  return sample.filter((point) => textOf(recipe.text, point) === null).length / sample.length;
}
