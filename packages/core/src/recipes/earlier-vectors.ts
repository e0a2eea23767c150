import { isDeepStrictEqual } from 'node:util';
import {
  type EarlierTarget,
  type MigrationMetadata,
  type Resolved,
  type SaidOfModel,
  type Spec,
  type StoredAs,
  topKey,
} from '@reembed/contracts';
import { textRules } from '../domain/migration.ts';
import { readPayloadField } from '../domain/payload-field.ts';
import type { PointText } from '../domain/point.ts';
import type { PointIdMap } from '../domain/point-id-set.ts';
import { isInPlace, type ModelVector, modelVectors } from '../domain/recipes-of.ts';
import type { Reuse } from './apply-recipes.ts';
import { payloadMapper } from './payload-mapping.ts';
import { readsTextsElsewhere } from './point-texts.ts';
import { templateFields, textOf, withPaths } from './render-text.ts';
import { isMadeAlike } from './said-of-models.ts';
import { isMultivector, storedAs } from './stored-vector.ts';
import { type TargetPayloads, textHash, textTemplates } from './target-payload.ts';

/** What a vector is made by and kept as, in one migration. */
type MadeAs = Pick<ModelVector, 'kind' | 'recipe'> & { readonly said: SaidOfModel | undefined; readonly as: StoredAs };

/** What a migration that is to be made wants. */
export type Wanted = { readonly spec: Spec; readonly resolved: Pick<Resolved, 'storedAs'> };

/** Bytes that the description of an earlier target may take in metadata, which everyone who asks for the collection is sent. */
const mostBytes = 1_024;

/**
 * What may be taken from the target of an earlier migration, whose record and vectors (`params`, as its collection has them) these are; null:
 * nothing. In place a payload shows nothing, because a text may be edited there after its vector was made; where the text was not in the
 * payload, or other rules made it of that, only a hash shows it.
 */
export function earlierTarget(
  { id, spec: before, textRules: rules }: Pick<MigrationMetadata, 'id' | 'spec' | 'textRules'>,
  params: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  { spec, resolved }: Wanted,
): EarlierTarget | null {
  const { hashField } = before.sync;
  const isShown = hashField !== null || (rules === textRules && !readsTextsElsewhere(before));
  if (isInPlace(before) || isInPlace(spec) || !isShown) return null;
  const there = modelVectors(before).flatMap(({ name, kind, recipe }) => {
    const stored = params[name];
    return stored === undefined || isOneAsRows(kind, stored)
      ? []
      : [
          {
            name,
            kind,
            recipe,
            said: before.models[recipe.model],
            as: storedAs({ kind: kind === 'sparse' ? 'sparse' : 'dense', params: stored }),
          },
        ];
  });
  const vectors = modelVectors(spec).flatMap(({ name, kind, recipe }) => {
    const as = resolved.storedAs[name];
    if (as === undefined || isOneAsRows(kind, spec.vectors[name]?.settings ?? {})) return [];
    const same = there.filter((stored) => isSameVector(stored, { kind, recipe, said: spec.models[recipe.model], as }));
    const from = same.find((stored) => stored.name === name) ?? same[0];
    return from === undefined ? [] : [[name, from.name] as const];
  });
  if (vectors.length === 0) return null;
  const hash = hashField === null ? null : { field: topKey(hashField) ?? hashField, templates: textTemplates(before) };
  const { payload, collection } = before.target;
  const found = { migration: id, collection, alias: null, vectors: Object.fromEntries(vectors), payload, hash };
  return Buffer.byteLength(JSON.stringify(found)) > mostBytes ? null : found;
}

/** Whether a vector that a model gives whole is kept as rows. */
function isOneAsRows(kind: ModelVector['kind'], params: Readonly<Record<string, unknown>>): boolean {
  return kind === 'embed' && isMultivector(params);
}

/**
 * Whether a vector that is stored for a text is the one that would be made of it now, bit for bit, as far as the spec tells; that the model is
 * still the same one, its witness tells.
 */
function isSameVector(stored: MadeAs, wanted: MadeAs): boolean {
  const { onLongText: before, onMissingText: _before, ...made } = stored.recipe;
  const { onLongText: now, onMissingText: _now, ...make } = wanted.recipe;
  // What was set aside for its length is not stored; which of the others were shortened cannot be told.
  return (
    stored.kind === wanted.kind &&
    isDeepStrictEqual(made, make) &&
    isMadeAlike(stored.said, wanted.said) &&
    (before === 'quarantine' || before === now) &&
    losesNothing(stored.as, wanted.as)
  );
}

/** Cosine keeps directions alone, and four bits are not the same four after a copy. */
function losesNothing(stored: StoredAs, wanted: StoredAs): boolean {
  const sameDatatype = stored.datatype === wanted.datatype && stored.datatype !== 'turbo4';
  return (stored.distance !== 'Cosine' || wanted.distance === 'Cosine') && (stored.datatype === 'float32' || sameDatatype);
}

/** Takes what the earlier target has for these points (`stored`), where it shows that it was made of the text that the source has now. */
export function reuseEarlier(earlier: EarlierTarget, stored: PointIdMap<PointText>): Reuse {
  const evidence = textEvidence(earlier);
  return (vector, source) => {
    const [from, point] = [earlier.vectors[vector.name], stored.get(source.id)];
    const text = from === undefined ? undefined : point?.vectors[from];
    if (point === undefined || text === undefined) return null;
    return vector.reuse({ source, target: { ...point, vectors: { [vector.name]: text } } }, evidence);
  };
}

/** All that a point shows has to agree: its hash, where one was kept, and the text of its payload, where the mapping left that whole. */
function textEvidence({ payload, hash }: EarlierTarget): Pick<TargetPayloads, 'sameText'> {
  const mapper = payloadMapper(payload);
  return {
    sameText(template, source, target) {
      const text = textOf(template, source);
      if (text === null) return false;
      if (hash !== null && readPayloadField(target.payload, [hash.field]) !== textHash(hash.templates, source)) return false;
      const isInPayload = source.elsewhere === undefined && templateFields(template).every(({ steps }) => mapper.keeps(steps));
      if (!isInPayload) return hash !== null;
      const mapped = withPaths(template, (steps) => mapper.steps(steps) ?? steps);
      return text === textOf(mapped, { payload: target.payload });
    },
  };
}
