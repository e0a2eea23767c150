import type { Issue } from '@reembed/contracts';
import { type ChangedKind, changedAt, rangeKey } from '../domain/changed-field.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';
import { fieldText } from '../recipes/render-text.ts';

/** What `sync.changedField` holds in the sampled points; null where that is neither numbers nor datetimes alone, or no field is named. */
export function changedKindOf({ spec: { sync }, sample }: PlanScene): ChangedKind | null {
  const found = kinds.filter((kind) =>
    sample.some((point) => sync.changedField !== null && changedAt(kind, sync.changedField, point) !== null),
  );
  return found.length === 1 ? (found[0] ?? null) : null;
}

const kinds: readonly ChangedKind[] = ['number', 'datetime'];

/** What keeps limited passes from finding changes at all. */
export function changedFieldBlockers(scene: PlanScene): Issue[] {
  const { changedField } = scene.spec.sync;
  if (changedField === null || scene.sample.length === 0) return [];
  const issue = (message: string): Issue[] => [{ field: 'sync.changedField', value: changedField, message }];
  const kind = changedKindOf(scene);
  if (kind === null)
    return issue(
      `${whatIsThere(scene, changedField)}: name a field that every write sets to a number that grows or an RFC 3339 datetime, or leave it out`,
    );
  if (kind === 'number' && indexType(scene, changedField) === 'integer' && hasFractions(scene, changedField))
    return issue(`is indexed as integer and holds fractions, which such an index does not find: index it as float, or leave it out`);
  if (refusesUnindexed(scene) && !isIndexed(scene, changedField, kind))
    return issue(
      `has no payload index that allows a range, and the source's strict mode refuses to filter without: ${wayOut(scene, changedField, kind)}, or leave it out`,
    );
  return [];
}

/** What makes limited passes slow, or blind to some points. */
export function changedFieldReminders(scene: PlanScene): string[] {
  const { changedField } = scene.spec.sync;
  const kind = changedKindOf(scene);
  if (changedField === null || kind === null) return [];
  const without = scene.sample.filter((point) => changedAt(kind, changedField, point) === null).length;
  return [
    `sync.changedField: an edit that does not set "${changedField}" waits for a pass that reads everything; the last one before the switch does.`,
    ...(without > 0
      ? [
          `sync.changedField: ${without} of ${scene.sample.length} sampled points have no ${kind} in "${changedField}": edits of such points wait likewise.`,
        ]
      : []),
    ...(isIndexed(scene, changedField, kind)
      ? []
      : [
          `sync.changedField: "${changedField}" has no payload index for ranges, so Qdrant reads every payload to filter: ${wayOut(scene, changedField, kind)}.`,
        ]),
  ];
}

function whatIsThere({ sample }: PlanScene, field: string): string {
  const texts = [...new Set(sample.map(({ payload }) => fieldText(payload, field)).filter((text) => text !== ''))];
  if (texts.length === 0) return `has a value in none of ${sample.length} sampled points`;
  const examples = texts.slice(0, 3).map((text) => JSON.stringify(text.slice(0, 40)));
  return `holds neither numbers alone nor datetimes alone in ${sample.length} sampled points, for instance ${examples.join(', ')}`;
}

function hasFractions({ sample }: PlanScene, field: string): boolean {
  return sample.some((point) => !Number.isInteger(changedAt('number', field, point) ?? 0));
}

const indexTypes: Readonly<Record<ChangedKind, readonly string[]>> = { number: ['integer', 'float'], datetime: ['datetime'] };

function isIndexed(scene: PlanScene, field: string, kind: ChangedKind): boolean {
  const schema = scene.around.source?.payloadSchema[rangeKey(field)];
  const ranges = typeof schema !== 'object' || schema === null || Reflect.get(schema, 'range') !== false;
  return ranges && indexTypes[kind].includes(indexType(scene, field) ?? '');
}

function indexType({ around }: PlanScene, field: string): string | null {
  const schema = around.source?.payloadSchema[rangeKey(field)];
  const type = typeof schema === 'object' && schema !== null ? Reflect.get(schema, 'type') : schema;
  return typeof type === 'string' ? type : null;
}

function refusesUnindexed({ around }: PlanScene): boolean {
  const strict = around.source?.strictModeConfig;
  return strict?.enabled === true && strict.unindexed_filtering_retrieve === false;
}

function wayOut(scene: PlanScene, field: string, kind: ChangedKind): string {
  const type = kind === 'datetime' ? 'datetime' : hasFractions(scene, field) ? 'float' : 'integer';
  return `create one (PUT /collections/${scene.around.source?.name ?? ''}/index {"field_name": ${JSON.stringify(rangeKey(field))}, "field_schema": "${type}"})`;
}
