import type { Plan, Resolved, Spec, Witness } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { addedNames, isInPlace, recipesOf, type VectorRecipe } from '../domain/recipes-of.ts';
import { isMultivector } from '../recipes/stored-vector.ts';
import type { TargetVector, VectorSchema } from '../recipes/target-vector.ts';

type Config = Readonly<Record<string, unknown>>;

/** The source vector that a target vector stands for: what it is made from, its namesake, what is searched now, or the only one. */
export function replaced({ name, reads }: Pick<TargetVector, 'name' | 'reads'>, spec: Spec, source: CollectionInfo): string | null {
  const there = Object.keys(source.vectors);
  const candidates = [...reads, name, spec.search.old.using, ...(there.length === 1 ? there : [])];
  return candidates.find((candidate) => source.vectors[candidate] !== undefined) ?? null;
}

/** Where a vector's own settings come from: a larger one must not move from disk into memory because it is made anew. */
export function vectorSchema(
  vector: TargetVector,
  spec: Spec,
  source: CollectionInfo,
  witness: Readonly<Record<string, Witness>>,
  adapters: Resolved['adapters'],
): VectorSchema | null {
  const schema = vector.schema(source, witness, adapters);
  // Rows stand for no dense vector, so they take over nothing of one.
  if (schema === null || vector.recipe === 'keep' || vector.recipe === 'multivector') return schema;
  return { kind: schema.kind, params: { ...carried({ ...vector, sparse: schema.kind === 'sparse' }, spec, source), ...schema.params } };
}

/** What the plan says of it: vectors that take something over, or leave something behind that only a word of the spec brings along. */
export function settingsPlan(spec: Spec, source: CollectionInfo | null): Plan['settings'] {
  if (source === null) return [];
  const added = isInPlace(spec) ? addedNames(spec).filter((name) => source.vectors[name] === undefined) : null;
  const made = recipesOf(spec).filter(
    ({ name, recipe }) => recipe !== 'keep' && recipe !== 'multivector' && (added === null || added.includes(name)),
  );
  return made.flatMap((vector) => {
    const from = origin(vector, spec, source);
    if (from === null) return [];
    const plan = { vector: vector.name, from: from.name, carried: carried(vector, spec, source), left: left(vector, spec, from.params) };
    return Object.keys(plan.carried).length + Object.keys(plan.left).length === 0 ? [] : [plan];
  });
}

type Made = Pick<VectorRecipe, 'name' | 'reads' | 'sparse'>;

/** Of a dense vector: where it is kept, its graph, its quantization. `memory` goes before `on_disk`, which it replaces. */
const places = ['on_disk', 'memory'];
const carriedKeys = [...places, 'hnsw_config', 'quantization_config'];

function carried(vector: Made, spec: Spec, source: CollectionInfo): Config {
  const said = Object.keys(spec.vectors[vector.name]?.settings ?? {});
  const isSaid = (key: string) => said.includes(key) || (places.includes(key) && places.some((place) => said.includes(place)));
  const keys = vector.sparse ? ['index'] : carriedKeys;
  const params = origin(vector, spec, source)?.params ?? {};
  return Object.fromEntries(keys.flatMap((key) => (isNothing(params[key]) || isSaid(key) ? [] : [[key, params[key]]])));
}

function origin(vector: Made, spec: Spec, source: CollectionInfo): { readonly name: string; readonly params: Config } | null {
  const { name } = vector;
  // Words have nothing of a dense vector, and of another sparse one only where they stand in its place.
  const from = vector.sparse ? (source.sparseVectors[name] === undefined ? null : name) : replaced(vector, spec, source);
  if (from === null) return null;
  return { name: from, params: (vector.sparse ? source.sparseVectors : source.vectors)[from] ?? {} };
}

/** Another model's numbers may want another datatype, and one vector a text is no multivector. */
function left({ name, reads, sparse }: Made, spec: Spec, params: Config): Config {
  if (sparse || reads.length > 0) return {};
  const { settings = {} } = spec.vectors[name] ?? {};
  return {
    ...(isNothing(params.datatype) || params.datatype === 'float32' || 'datatype' in settings ? {} : { datatype: params.datatype }),
    ...(isMultivector(params) && !('multivector_config' in settings) ? { multivector_config: params.multivector_config } : {}),
  };
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}
