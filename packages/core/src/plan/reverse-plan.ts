import { isDeepStrictEqual } from 'node:util';
import { type Issue, type Resolved, type SaidOfModel, type VectorOrigin, type VectorSpec, vectorSpecSchema } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isInPlace, keptVectors } from '../domain/recipes-of.ts';
import { syncsBack } from '../domain/reverse-sync.ts';
import { mostSpecBytes } from '../domain/spec-size.ts';
import { inverseMapping, payloadMapper } from '../recipes/payload-mapping.ts';
import { type PlanScene, sourceOrigins } from '../recipes/plan-scene.ts';
import { readsTextsElsewhere } from '../recipes/point-texts.ts';
import { templateWithPaths } from '../recipes/render-text.ts';
import { isMultivector, storedAs } from '../recipes/stored-vector.ts';
import { label, type VectorSchema } from '../recipes/target-vector.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { aliasesOfSource } from './alias-plan.ts';
import { storedForms } from './target-schema.ts';

type Reverse = NonNullable<Resolved['reverse']>;

/** What is needed for the way back, or what stands in its way. Nothing of either where the spec asks for none. */
export type ReversePlan = { readonly reverse: Reverse | null; readonly issues: readonly Issue[] };

export function reverseBlockers(scene: PlanScene): readonly Issue[] {
  return planReverse(scene).issues;
}

const field = 'observe.reverseSync';

/** The recipes and the mapping from the target to the source. A way back that would lose something, or make a wrong vector, is refused with why. */
export function planReverse(scene: PlanScene): ReversePlan {
  const { spec, around } = scene;
  const { source } = around;
  if (!syncsBack(spec) || source === null) return { reverse: null, issues: [] };
  const sides = sideFaults(scene, source).map((message) => ({ field, value: true, message }));
  const payload = inverseMapping(spec.target.payload, spec.sync.hashField);
  const dropped = payload === null ? [droppedPayload(scene)] : [];
  const made = vectorsBack(scene, source);
  const issues = [...sides, ...dropped, ...made.issues];
  if (issues.length > 0 || payload === null) return { reverse: null, issues };
  const reverse = { vectors: mapped(made.vectors, scene), models: made.models, payload, storedAs: sourceForms(source) };
  const tooLong = lengthFault(scene, reverse);
  return tooLong === null ? { reverse, issues: [] } : { reverse: null, issues: [tooLong] };
}

/** What makes the old collection none that could be kept fresh and led back to. */
function sideFaults({ spec, around }: PlanScene, source: CollectionInfo): string[] {
  const { alias } = spec.target;
  if (isInPlace(spec)) return ['adds vectors to the collection itself: there is no old collection to keep fresh. Leave it out'];
  const others = aliasesOfSource(around).filter((name) => name !== alias);
  return [
    ...(alias === null
      ? ['wants target.alias: without one nobody can tell whether readers and writers have left the old collection']
      : around.aliases.get(alias) === source.name
        ? []
        : [`wants the alias "${alias}" to point at "${source.name}" already: a rollback leads readers back to where it pointed`]),
    ...(others.length === 0
      ? []
      : [
          `never writes to a collection that others use, and "${source.name}" is in use through ${others.map((name) => `"${name}"`).join(', ')} too: have their readers use "${alias ?? ''}", and delete them`,
        ]),
    ...(spec.source.filter === null
      ? []
      : [
          'goes with all points alone: of one that the target has not, nobody could tell whether source.filter left it out or an application deleted it',
        ]),
    ...(readsTextsElsewhere(spec)
      ? [
          'goes with texts in payloads alone: an edit of what source.textFrom has would leave old vectors as they are, and nobody would notice',
        ]
      : []),
  ];
}

function droppedPayload({ spec }: PlanScene): Issue {
  return {
    field: 'target.payload',
    value: spec.target.payload,
    message: `drops fields, so points could not be brought back whole, and ${field} is asked for: keep them (rename alone can be undone), or leave ${field} out`,
  };
}

type Made = {
  readonly vectors: Readonly<Record<string, VectorSpec>>;
  readonly models: Record<string, SaidOfModel>;
  readonly issues: readonly Issue[];
};

/** Every vector of the source: copied back where the target keeps it as it is, else made as it was made before. Templates are of the source's payloads. */
function vectorsBack(scene: PlanScene, source: CollectionInfo): Made {
  const origins = sourceOrigins(scene.spec, source);
  const vectors: Record<string, VectorSpec> = {};
  const models: Record<string, SaidOfModel> = {};
  const issues: Issue[] = [];
  for (const name of [...Object.keys(source.vectors), ...Object.keys(source.sparseVectors)]) {
    const kept = keptWhole(name, scene, source);
    const recipe = kept === null ? recipeBack(scene, source, name, origins[name]) : { keep: kept };
    if (typeof recipe === 'string') {
      issues.push({ field: `source.vectors.${JSON.stringify(name)}`, value: origins[name]?.model ?? null, message: recipe });
      continue;
    }
    vectors[name] = vectorSpecSchema.parse(recipe);
    const { model, said } = (kept === null ? origins[name] : undefined) ?? {};
    if (model === undefined || said === undefined) continue;
    if (models[model] !== undefined && !isDeepStrictEqual(models[model], said))
      issues.push({
        field,
        value: true,
        message: `cannot ask ${model} for two vectors with different prefixes or limits, as they were made`,
      });
    models[model] = said;
  }
  return { vectors, models, issues: [...issues, ...recipeFaults(scene, vectors, models)] };
}

/** The name under which the target keeps a vector with all of its numbers; null: it does not. */
function keptWhole(name: string, { spec }: PlanScene, source: CollectionInfo): string | null {
  const [before, now] = [sourceForms(source), storedForms({ ...spec, vectors: onlyKept(spec.vectors) }, source, {})];
  const kept = keptVectors(spec).find((one) => one.from === name && now[one.name]?.datatype === before[name]?.datatype);
  return kept?.name ?? null;
}

function onlyKept(vectors: PlanScene['spec']['vectors']): PlanScene['spec']['vectors'] {
  return Object.fromEntries(Object.entries(vectors).filter(([, { keep }]) => keep !== undefined));
}

/** How a point that was written since gets the vector; a text: why it cannot. */
function recipeBack({ catalogue }: PlanScene, source: CollectionInfo, name: string, origin: VectorOrigin | undefined): object | string {
  const asked = `is made for the old collection by ${field}, and`;
  const isSparse = source.sparseVectors[name] !== undefined;
  if (origin === undefined)
    return isSparse
      ? `${asked} nothing says what made the sparse vector ${label(name)}: keep it in the target, or leave ${field} out`
      : `${asked} nothing says what made it: declare its model and text, keep it in the target, or leave ${field} out`;
  const { model, text, options = {}, via = 'worker' } = origin;
  const lenient = { model, text, options, onMissingText: 'keep-without-vector' };
  if (origin.projected !== undefined) return `${asked} a learned map made it, not ${model}: keep it in the target, or leave ${field} out`;
  if (origin.cutFrom !== undefined)
    return `${asked} it was cut from ${origin.cutFrom} dimensions: keep it in the target, or leave ${field} out`;
  if (origin.bm25 !== undefined) return { bm25: { ...origin.bm25, text, encoder: via === 'qdrant' ? 'server' : 'local' } };
  if (isSparse) return { sparse: { ...lenient, via } };
  const size = source.vectors[name]?.size;
  if (isMultivector(source.vectors[name] ?? {})) return { multivector: { ...lenient, via, dimensions: size } };
  const own = via === 'worker' && catalogue.facts(model)?.dimensions === size;
  const onLongText = via === 'qdrant' ? 'quarantine' : 'truncate';
  return { embed: { ...lenient, via, onLongText, ...(own ? {} : { dimensions: size }) } };
}

/** What keeps the recipes from being carried out, as of those of a target. */
function recipeFaults(scene: PlanScene, vectors: Made['vectors'], models: Made['models']): Issue[] {
  const made = Object.fromEntries(Object.entries(vectors).filter(([, { keep }]) => keep === undefined));
  const seen = { ...scene, catalogue: scene.catalogue.saying(models) };
  return targetVectors({ vectors: made }).flatMap((vector) =>
    vector.blockers(seen).map(({ value, message }) => ({
      ...{ field: `source.vectors.${JSON.stringify(vector.name)}`, value },
      message: `is made for the old collection by ${field}: ${message}`,
    })),
  );
}

/** The templates as payloads of the target want them. */
function mapped(vectors: Made['vectors'], { spec }: PlanScene): Reverse['vectors'] {
  const mapper = payloadMapper(spec.target.payload);
  const renamed = (text: string) => templateWithPaths(text, (steps) => mapper.steps(steps) ?? steps);
  if (Object.keys(spec.target.payload.rename).length === 0) return vectors;
  return Object.fromEntries(
    Object.entries(vectors).map(([name, vector]) => {
      const { embed, bm25, sparse, multivector } = vector;
      return [
        name,
        {
          ...vector,
          ...(embed && { embed: { ...embed, text: renamed(embed.text) } }),
          ...(bm25 && { bm25: { ...bm25, text: renamed(bm25.text) } }),
          ...(sparse && { sparse: { ...sparse, text: renamed(sparse.text) } }),
          ...(multivector && { multivector: { ...multivector, text: renamed(multivector.text) } }),
        },
      ];
    }),
  );
}

/** How the server keeps the numbers of the source's vectors. */
function sourceForms({ vectors, sparseVectors }: CollectionInfo): Reverse['storedAs'] {
  const schemas: [string, VectorSchema][] = [
    ...Object.entries(vectors).map(([name, params]): [string, VectorSchema] => [name, { kind: 'dense', params }]),
    ...Object.entries(sparseVectors).map(([name, params]): [string, VectorSchema] => [name, { kind: 'sparse', params: Object(params) }]),
  ];
  return Object.fromEntries(schemas.map(([name, schema]) => [name, storedAs(schema)]));
}

/** It stands in the target's metadata, beside the spec. */
function lengthFault({ spec }: PlanScene, reverse: Reverse): Issue | null {
  const { gates: _gates, ...kept } = spec;
  const bytes = Buffer.byteLength(JSON.stringify([kept, spec.vectors, reverse]));
  if (bytes <= mostSpecBytes) return null;
  return {
    ...{ field, value: true },
    message: `would take ${bytes} bytes in the metadata of the target, together with the spec, and may take ${mostSpecBytes}: make templates and filters shorter, or leave it out`,
  };
}
