import { createHash } from 'node:crypto';
import { type Spec, type TemplateField, topKey } from '@reembed/contracts';
import { readPayloadField } from '../domain/payload-field.ts';
import type { PointText } from '../domain/point.ts';
import { templateOf } from '../domain/recipes-of.ts';
import { type MappedPayload, type PayloadMapper, payloadMapper } from './payload-mapping.ts';
import { templateFields, textOf, withPaths } from './render-text.ts';

/** The payloads of a target, and what they tell of the texts its vectors were made from. */
export type TargetPayloads = {
  /** The payload that a source point gets in the target; `conflict` names the field that it would have twice. */
  of(source: PointText): MappedPayload;
  /** Whether the stored point was made when the template gave the text that it gives now. */
  sameText(template: string, source: PointText, target: PointText): boolean;
};

/** Payloads as `target.payload` maps them, with the hash of the texts where `sync.hashField` asks for it. */
export function targetPayloads(spec: Pick<Spec, 'target' | 'vectors' | 'sync'>): TargetPayloads {
  const mapper = payloadMapper(spec.target.payload);
  const { hashField } = spec.sync;
  if (hashField === null) return { of: ({ payload }) => mapper.map(payload), sameText: sameRendering(mapper) };
  const templates = textTemplates(spec);
  const key = topKey(hashField) ?? hashField;
  return {
    of(source) {
      const mapped = mapper.map(source.payload);
      if ('conflict' in mapped) return mapped;
      if (readPayloadField(mapped.payload, [key]) !== undefined) return { conflict: hashField };
      return { payload: withMember(mapped.payload, key, textHash(templates, source)) };
    },
    sameText: (_, source, target) => readPayloadField(target.payload, [key]) === textHash(templates, source),
  };
}

/** A mapping keeps what templates read, under whatever name: the plan sees to that. What `source.textFrom` has is in no payload. */
function sameRendering(mapper: PayloadMapper): TargetPayloads['sameText'] {
  return (template, source, target) => {
    if (source.elsewhere !== undefined && target.elsewhere === undefined) return false;
    const mapped = withPaths(template, (steps) => mapper.steps(steps) ?? steps);
    return textOf(template, source) === textOf(mapped, target);
  };
}

/** The text that a template over the source's payload gives of a point of the target; null: none, or the mapping keeps it not. */
export function targetText({ target: { payload } }: Pick<Spec, 'target'>, template: string, point: PointText): string | null {
  const mapper = payloadMapper(payload);
  return textOf(
    withPaths(template, (steps) => mapper.steps(steps) ?? steps),
    point,
  );
}

/** The templates of the vectors that are made from text, each once, by the vectors' names. */
export function textTemplates({ vectors }: Pick<Spec, 'vectors'>): string[] {
  const named = Object.entries(vectors).sort(([a], [b]) => (a < b ? -1 : 1));
  return [...new Set(named.flatMap(([, vector]) => templateOf(vector) ?? []))];
}

/**
 * SHA-256 in hexadecimal of the rendered texts as UTF-8, with a NUL between those of different templates; a template without a text counts
 * as empty. With one template it is the hash of the very text that is embedded.
 */
export function textHash(templates: readonly string[], point: Pick<PointText, 'payload' | 'elsewhere'>): string {
  return createHash('sha256')
    .update(templates.map((template) => textOf(template, point) ?? '').join('\0'))
    .digest('hex');
}

/** The JSON text of an object with one field more at its end. */
export function withMember(payload: string, name: string, value: string | readonly string[]): string {
  const end = payload.lastIndexOf('}');
  const before = payload.slice(0, end).trimEnd();
  return `${before}${before.endsWith('{') ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}}`;
}

/** Fields that a template reads and the mapping does not keep whole. */
export function droppedFields(spec: Pick<Spec, 'target'>, template: string): TemplateField[] {
  const mapper = payloadMapper(spec.target.payload);
  return templateFields(template).filter(({ steps }) => !mapper.keeps(steps));
}
