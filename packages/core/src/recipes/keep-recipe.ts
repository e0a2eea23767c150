import type { Issue, Spec, VectorSpec } from '@reembed/contracts';
import type { DenseVectorParams } from '../domain/collection-info.ts';
import { listed } from '../domain/words.ts';
import { besideOthers } from './multivector-recipe.ts';
import type { PlanScene } from './plan-scene.ts';
import { isMultivector, isStoredForm, onDiskByDefault } from './stored-vector.ts';
import { label, madeForFree, pathOf, type TargetVector } from './target-vector.ts';

/** A vector of the source, passed on as the text it came in. A point that lacks it lacks it in the target too. */
export function keepRecipe(name: string, from: string, { settings }: Pick<VectorSpec, 'settings'>): TargetVector {
  const path = pathOf({ name, recipe: 'keep' });
  return {
    name,
    recipe: 'keep',
    reads: [from],
    paid: false,
    async make(_, points) {
      return madeForFree(
        new Map(points.flatMap((point) => (point.vectors[from] === undefined ? [] : [[point, point.vectors[from]] as const]))),
      );
    },
    reuse: () => null,
    async check({ resolved }, pairs) {
      return pairs.map(({ source, target }) => {
        const sent = source.vectors[from];
        const stored = target.vectors[name];
        if (sent === undefined) return stored === undefined ? null : 'vector-differs';
        if (stored === undefined) return 'vector-missing';
        return isStoredForm(sent, stored, resolved.storedAs[name]) ? null : 'vector-differs';
      });
    },
    schema(source) {
      const dense = source.vectors[from];
      if (dense !== undefined) return { kind: 'dense', params: { ...dense, ...onDiskByDefault(dense), ...settings } };
      const sparse = source.sparseVectors[from];
      return sparse === undefined ? null : { kind: 'sparse', params: { ...sparse, ...settings } };
    },
    origin: ({ known }) => known[from] ?? null,
    blockers({ around: { source } }): Issue[] {
      if (source === null) return [];
      const dense = source.vectors[from];
      if (dense !== undefined) return datatypeBlockers(name, settings.datatype, dense);
      if (source.sparseVectors[from] === undefined) {
        const all = [...Object.keys(source.vectors), ...Object.keys(source.sparseVectors)];
        return [{ field: path, value: from, message: `the source has no such vector; it has: ${listed(all)}` }];
      }
      return name === '' ? [{ field: path, value: from, message: 'a sparse vector needs a name of its own in the target' }] : [];
    },
    warnings: (scene) => warnings(name, from, settings, scene),
    queryChange: () => null,
  };
}

/** Whole numbers from 0 to 255 keep nothing of values between -1 and 1. */
function datatypeBlockers(name: string, datatype: unknown, { distance, datatype: before }: DenseVectorParams): Issue[] {
  if (datatype !== 'uint8' || before === 'uint8' || distance !== 'Cosine') return [];
  const field = `vectors.${JSON.stringify(name)}.settings.datatype`;
  return [
    {
      field,
      value: datatype,
      message: 'would make zeros of a normalised vector: take float16, or quantization_config, which keeps the originals',
    },
  ];
}

function warnings(name: string, from: string, settings: VectorSpec['settings'], { spec, around: { source } }: PlanScene): string[] {
  const params = source?.vectors[from];
  if (params === undefined) return [];
  return [
    ...(isMultivector(params) ? multivectorWarnings(name, from, settings, spec) : []),
    ...((settings.datatype ?? params.datatype) === 'turbo4'
      ? [
          `turbo4 keeps a direction in four bits a value, so ${label(name)} is compared by its cosine; under Dot, Euclid or Manhattan every copy of it grows a few per cent longer.`,
        ]
      : []),
  ];
}

function multivectorWarnings(name: string, from: string, settings: VectorSpec['settings'], { vectors }: Spec): string[] {
  const disk = settings.on_disk === false ? '' : ` It goes on disk here (settings: { on_disk: false } keeps it in memory).`;
  const alone = Object.keys(vectors).length === 1;
  return [
    `${label(name)} is a multivector: tens to hundreds of rows a point.${disk}`,
    ...(alone
      ? []
      : [
          `${besideOthers(
            name,
            Object.keys(vectors).filter((other) => other !== name),
          )} ` +
            `Better a collection of its own: a second migration with vectors: { ${JSON.stringify(name)}: { keep: ${JSON.stringify(from)} } }, asked to rank anew the ids that the first one finds.`,
        ]),
  ];
}
