import { type CollectionHealth, type PointId, readMigration, readOrigins, type SymptomFound, type VectorOrigin } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { isReembedError, ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import { cosine } from '../domain/vector-base64.ts';
import { sameVectorCosine, spaceOf } from '../domain/vector-spaces.ts';
import type { EmbedSample } from '../plan/advice/take-fingerprint.ts';
import type { Collections, Points } from '../ports/collections.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import { sourceOrigins } from '../recipes/plan-scene.ts';
import { textOf } from '../recipes/render-text.ts';
import { isMultivector, readRows, vectorFault } from '../recipes/stored-vector.ts';
import { label } from '../recipes/target-vector.ts';
import { groupsOf, type SampledColumn, shareInWords, symptom, symptomsOf } from './sampled-points.ts';

export type ExamineDeps = {
  readonly collections: Pick<Collections, 'describe' | 'aliases' | 'count'>;
  readonly points: Pick<Points, 'sample'>;
  readonly catalogue: ModelCatalogue;
  readonly embed: EmbedSample;
};

export type ExamineOptions = {
  /** Points that are read, and texts a vector that are embedded by a model, at most. */
  readonly points: number;
  readonly texts: number;
  /** The share up to which what may have a harmless reason, such as an edited text, is no alarm. */
  readonly allow: number;
  /** Models besides those of metadata that may have made some of the vectors. */
  readonly otherModels: readonly string[];
};

/**
 * Looks at a sample of any collection, by its name or an alias, and says what is wrong with vectors and texts. Writes nothing. Throws `not-found`, and what
 * Qdrant answers; a model that cannot be asked is a finding.
 */
export async function examineCollection(deps: ExamineDeps, name: string, options: ExamineOptions): Promise<CollectionHealth> {
  const aliases = await deps.collections.aliases();
  const collection = aliases.get(name) ?? name;
  const info = await deps.collections.describe(collection);
  if (info === null) throw new ReembedError('not-found', `there is no collection "${collection}"`);
  const dense = Object.entries(info.vectors).filter(([, params]) => !isMultivector(params));
  const [points, sample] = await Promise.all([
    deps.collections.count(collection),
    deps.points.sample(collection, options.points, { vectors: dense.map(([vector]) => vector) }),
  ]);
  const origins = readOrigins(info.metadata);
  const [found, asked]: [SymptomFound[], string[]] = [[], []];
  for (const [vector, { distance }] of dense) {
    const origin = origins[vector];
    const column = columnOf(sample, { vector, distance, allow: options.allow }, origin);
    const judged = await judgeModel(deps, info, { column, sample, origin, options });
    found.push(...symptomsOf(column), ...judged.found, ...(judged.asked === 0 ? groupsOf(column) : []));
    asked.push(...Array.from({ length: judged.asked }, () => vector));
  }
  const own = [...aliases].flatMap(([alias, at]) => (at === collection ? [alias] : [])).toSorted();
  return {
    ...{ collection, points, sampled: sample.length, embedded: asked.length, aliases: own },
    vectors: dense.map(([vector, { size }]) => ({ name: vector, size, model: origins[vector]?.model ?? null })),
    found: [...found, ...withoutAlias(own, points)].toSorted((a, b) => Number(b.alarm) - Number(a.alarm)),
  };
}

function withoutAlias(aliases: readonly string[], points: number): SymptomFound[] {
  if (aliases.length > 0) return [];
  const message = 'no alias points here: applications that name the collection itself cannot be led to another one';
  return [{ symptom: 'no-alias', alarm: false, vector: null, count: 0, of: points, ids: [], message }];
}

function columnOf(sample: readonly PointText[], about: Omit<SampledColumn, 'points'>, origin: VectorOrigin | undefined): SampledColumn {
  const points = sample.map((point) => ({
    id: point.id,
    stored: point.vectors[about.vector],
    text: origin === undefined ? undefined : textOf(origin.text, point),
  }));
  return { ...about, points };
}

type Judged = { readonly found: SymptomFound[]; readonly asked: number };
type ToJudge = {
  readonly column: SampledColumn;
  readonly sample: readonly PointText[];
  readonly origin: VectorOrigin | undefined;
  readonly options: ExamineOptions;
};

/** Whether the vectors are of the model that the metadata name, or of another one. */
async function judgeModel(deps: ExamineDeps, info: CollectionInfo, { column, sample, origin, options }: ToJudge): Promise<Judged> {
  const { vector } = column;
  const of = column.points.length;
  const plainly = (name: 'undeclared' | 'not-checked', message: string): Judged => ({
    found: [{ symptom: name, alarm: false, vector, count: of, of, ids: [], message }],
    asked: 0,
  });
  if (of === 0) return { found: [], asked: 0 };
  if (origin === undefined)
    return plainly(
      'undeclared',
      `nothing says what made the vector ${label(vector)}: say so in the metadata of the collection (reembed.vectors), and it is checked`,
    );
  if (!isPlain(origin)) return { found: missingTexts(column), asked: 0 };
  const chosen = column.points
    .filter(({ stored, text }) => stored !== undefined && vectorFault(stored) === null && typeof text === 'string')
    .map(({ id }) => id)
    .slice(0, options.texts);
  if (chosen.length === 0) return { found: missingTexts(column), asked: 0 };
  const ask = (by: VectorOrigin, ids: readonly PointId[]) => likeness(deps, { ids, vector, sample, by });
  try {
    const declared = await ask(origin, chosen);
    const suspects = chosen.filter((_, at) => (declared[at] ?? 1) < sameVectorCosine);
    const others = await Promise.all(rivals(info, vector, origin, options).map((by) => askOrNone(() => ask(by, suspects))));
    return { found: [...missingTexts(column), ...judge(column, origin, { chosen, declared, suspects, others })], asked: chosen.length };
  } catch (error) {
    if (!isReembedError(error)) throw error;
    const unchecked = plainly(
      'not-checked',
      `whether ${origin.model} made the vector ${label(vector)} was not checked: ${error.message} [${error.code}]`,
    );
    return { found: [...missingTexts(column), ...unchecked.found], asked: 0 };
  }
}

/** A rival that cannot be asked proves nothing. */
async function askOrNone(ask: () => Promise<(number | null)[]>): Promise<(number | null)[]> {
  return ask().catch((error: unknown) => {
    if (isReembedError(error)) return [];
    throw error;
  });
}

type Compared = {
  readonly chosen: readonly PointId[];
  readonly declared: readonly (number | null)[];
  /** Those that the declared model did not make; `others`: of each of these, by model. */
  readonly suspects: readonly PointId[];
  readonly others: readonly (readonly (number | null)[])[];
};

function judge(
  { vector, allow }: SampledColumn,
  { model, text }: VectorOrigin,
  { chosen, declared, suspects, others }: Compared,
): SymptomFound[] {
  const spaces = chosen.map((id, at) => {
    const row = suspects.indexOf(id);
    const nearest = others.reduce<number | null>((most, of) => Math.max(most ?? -1, of[row] ?? -1), null);
    return { id, space: spaceOf({ declared: declared[at] ?? null, other: nearest }) };
  });
  const of = spaces.filter(({ space }) => space !== 'unknown').length;
  const ids = (wanted: string) => spaces.filter(({ space }) => space === wanted).map(({ id }) => id);
  const [other, unlike] = [ids('other'), ids('unlike')];
  const what = `${model} makes of ${JSON.stringify(text)}`;
  return [
    ...symptom({
      ...{ symptom: 'other-model', alarm: true, vector, ids: other, of },
      message: `${shareInWords(other, of)} of the vectors ${label(vector)} are of another model, and not what ${what}: searches do not find them. Find who writes them, and have their texts embedded anew`,
    }),
    ...symptom({
      ...{ symptom: 'unlike-model', alarm: unlike.length > allow * of, vector, ids: unlike, of },
      message: `${shareInWords(unlike, of)} of the vectors ${label(vector)} are nothing like what ${what}: another model made them, or of other texts than stand there now`,
    }),
  ];
}

function missingTexts({ vector, points, allow }: SampledColumn): SymptomFound[] {
  const ids = points.filter(({ stored, text }) => stored !== undefined && text === null).map(({ id }) => id);
  const message = `${shareInWords(ids, points.length)} have a vector ${label(vector)} and no text for it: nobody can make it anew`;
  return symptom({ symptom: 'text-missing', alarm: ids.length > allow * points.length, vector, ids, of: points.length, message });
}

/** Models that may have made some of the vectors: the one that a migration into this collection came from, and those that were named. */
function rivals(info: CollectionInfo, vector: string, origin: VectorOrigin, { otherModels }: ExamineOptions): VectorOrigin[] {
  const migration = readMigration(info.metadata);
  const before = migration === null ? {} : sourceOrigins(migration.spec, { vectors: info.vectors, metadata: {} });
  const known = before[vector] === undefined ? [] : [before[vector]];
  const named = otherModels.map((model) => ({ model, dimensions: origin.dimensions, text: origin.text }));
  return [...known, ...named].filter(({ model }) => model !== origin.model);
}

/** Of vectors that were mapped, cut or encoded otherwise the stored numbers are not the model's own. */
function isPlain({ projected, cutFrom, bm25, via }: VectorOrigin): boolean {
  return projected === undefined && cutFrom === undefined && bm25 === undefined && via === undefined;
}

type Asked = {
  readonly ids: readonly PointId[];
  readonly vector: string;
  readonly sample: readonly PointText[];
  readonly by: VectorOrigin;
};

/** By id, the cosine of the stored vector with what the model makes of the text by its own template; null where there is none. Throws what embedding throws. */
async function likeness({ catalogue, embed }: ExamineDeps, { ids, vector, sample, by }: Asked): Promise<(number | null)[]> {
  const { model, said, dimensions, text } = by;
  const points = new Map(sample.map((point) => [JSON.stringify(point.id), point]));
  const rows = ids.map((id) => {
    const point = points.get(JSON.stringify(id));
    return { stored: point?.vectors[vector], text: point === undefined ? null : textOf(text, point) };
  });
  const texts = rows.flatMap((row) => row.text ?? []);
  const own = catalogue.saying({ [model]: said }).facts(model)?.dimensions === dimensions;
  const made = texts.length === 0 ? [] : await embed({ model, said, dimensions: own ? null : dimensions, kind: 'document', texts });
  const answers = made.values();
  return rows.map((row) => {
    const one = row.text === null ? undefined : answers.next().value;
    return one !== undefined && 'vector' in one && row.stored !== undefined
      ? cosine(readRows(row.stored).rows[0] ?? new Float32Array(), one.vector)
      : null;
  });
}
