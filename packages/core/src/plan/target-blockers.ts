import type { Issue, TemplateField } from '@reembed/contracts';
import { isInPlace } from '../domain/recipes-of.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';
import { readsTextsElsewhere } from '../recipes/point-texts.ts';
import { partText } from '../recipes/render-text.ts';
import { droppedFields, targetPayloads, textTemplates } from '../recipes/target-payload.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { hasVector } from './target-schema.ts';

/** A mapping that loses what sync compares by, or gives a payload a field twice. */
export function mappingBlockers(scene: PlanScene): Issue[] {
  return [...hashBlockers(scene), ...droppedTextBlockers(scene), ...conflictBlockers(scene)];
}

function hashBlockers({ spec }: PlanScene): Issue[] {
  const { hashField } = spec.sync;
  if (hashField === null || textTemplates(spec).length > 0) return [];
  return [{ field: 'sync.hashField', value: hashField, message: 'no vector of the target is made from text: there is nothing to hash' }];
}

function droppedTextBlockers({ spec, sample }: PlanScene): Issue[] {
  if (spec.sync.hashField !== null) return [];
  // What a template finds elsewhere, no mapping can drop.
  const isDropped = (field: TemplateField) => !readsTextsElsewhere(spec) || sample.some(({ payload }) => partText(field, payload) !== '');
  const all = textTemplates(spec)
    .flatMap((template) => droppedFields(spec, template))
    .filter(isDropped);
  const dropped = [...new Set(all.map(({ source }) => source))];
  return dropped.map((field) => ({
    field: 'target.payload',
    value: spec.target.payload,
    message: `drops "${field}", which a template reads: a changed text could not be told by the target then; keep the field whole, or set sync.hashField, which stores a hash of the text`,
  }));
}

function conflictBlockers({ spec, sample }: PlanScene): Issue[] {
  const payloads = targetPayloads(spec);
  for (const point of sample) {
    const mapped = payloads.of(point);
    if (!('conflict' in mapped)) continue;
    const byHash = mapped.conflict === spec.sync.hashField;
    const message = `point ${point.id.id} has a field "${mapped.conflict}" already: choose another name, or put that field into target.payload.exclude`;
    return [
      byHash
        ? { field: 'sync.hashField', value: mapped.conflict, message }
        : { field: 'target.payload.rename', value: spec.target.payload.rename, message },
    ];
  }
  return [];
}

/** Qdrant keeps a vector in a directory of its name: these it refuses (seen on 1.19; `validate_vector_name` in its source). */
const refused = ['<', '>', ':', '"', '/', '\\', '|', '?', '*', '\0', '\u001f'];
const mostBytes = 200;

/** Names of vectors that are to be made and that Qdrant would refuse, when the target is created or later. */
export function vectorNameBlockers({ spec, around: { source } }: PlanScene): Issue[] {
  const there = (name: string) => isInPlace(spec) && source !== null && hasVector(source, name);
  return targetVectors(spec).flatMap(({ name }) => {
    const message = there(name) ? null : faultOf(name);
    return message === null ? [] : [{ field: `vectors.${JSON.stringify(name)}`, value: name, message }];
  });
}

function faultOf(name: string): string | null {
  const bad = refused.find((character) => name.includes(character));
  const bytes = Buffer.byteLength(name);
  if (bad !== undefined)
    return `Qdrant allows no ${JSON.stringify(bad)} in the name of a vector, nor any other of < > : " / \\ | ? *: choose another name`;
  return bytes > mostBytes ? `has ${bytes} bytes, and Qdrant allows ${mostBytes} for the name of a vector: choose a shorter one` : null;
}
