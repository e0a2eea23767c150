import { type Issue, readOrigins, type Spec } from '@reembed/contracts';
import { type CollectionInfo, isAtLeast } from '../domain/collection-info.ts';
import { embedVectors, templateOf } from '../domain/recipes-of.ts';
import { reembed } from '../domain/words.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';
import { addedVectors } from '../recipes/target-vectors.ts';
import { activeMigrationOf } from './read-scene.ts';
import { hasVector } from './target-schema.ts';

/** The oldest server that adds a named vector to a collection that exists. */
const oldestMinor = 18;

/** What stands in the way of adding vectors to the source itself. */
export function inPlaceBlockers(scene: PlanScene): Issue[] {
  return [...collectionBlockers(scene), ...serverBlockers(scene), ...vectorBlockers(scene), ...meaningless(scene.spec)];
}

function collectionBlockers({ spec, around: { source } }: PlanScene): Issue[] {
  if (source === null) return [];
  const field = 'target.collection';
  const value = spec.target.collection;
  if (value !== source.name) {
    return [
      { field, value, message: `is not the source: in place means "${source.name}", under its own name; or leave target.inPlace out` },
    ];
  }
  const other = activeMigrationOf(source);
  if (other === null) return [];
  const first = other.mending ?? 'complete, roll back or cancel that one first';
  return [{ field, value, message: `belongs to migration ${other.id}, which is ${other.phase}: ${first}` }];
}

function serverBlockers({ spec, around: { serverVersion } }: PlanScene): Issue[] {
  if (isAtLeast(serverVersion, oldestMinor)) return [];
  const message =
    `needs Qdrant 1.18 or later, and this is ${serverVersion}: older servers cannot add a vector to a collection that exists. Name a new ` +
    `target.collection, keep the old vectors in it, and leave inPlace out: ${twoStepCommand(spec)} writes such a spec`;
  return [{ field: 'target.inPlace', value: true, message }];
}

function twoStepCommand(spec: Spec): string {
  const [added] = embedVectors(spec);
  if (added === undefined) return reembed('init', 'two-step', '--help');
  const { collection } = spec.source;
  const { model, text } = added.recipe;
  return reembed('init', 'two-step', '--source', collection, '--model', model, '--text', text, '--vector', added.name);
}

function vectorBlockers({ spec, around: { source } }: PlanScene): Issue[] {
  const added = addedVectors(spec);
  if (added.length === 0)
    return [{ field: 'vectors', value: Object.keys(spec.vectors), message: 'adds no vector: in place there is nothing to do' }];
  const others = source === null ? [] : added.flatMap(({ name }) => otherMaker(name, spec, source));
  if (others.length > 0) return others;
  if (source === null || hasVector(source, '') || !added.some(({ name }) => name === '')) return [];
  return [{ field: 'vectors.""', value: '', message: 'Qdrant adds only named vectors in place: give it a name' }];
}

/** Only what is missing is made in place: a vector that another recipe made would stay what it is, under the name of this one. */
function otherMaker(name: string, { vectors }: Spec, source: CollectionInfo): Issue[] {
  const stored = hasVector(source, name) ? readOrigins(source.metadata)[name] : undefined;
  const vector = vectors[name];
  if (
    stored === undefined ||
    ((vector?.embed?.model ?? stored.model) === stored.model && ((vector && templateOf(vector)) ?? stored.text) === stored.text)
  )
    return [];
  return [
    {
      field: `vectors.${JSON.stringify(name)}`,
      value: name,
      message:
        `is there already, made by ${stored.model} of ${JSON.stringify(stored.text)}, and in place only what is missing is made: choose another name, or delete it first ` +
        `(DELETE /collections/${source.name}/vectors/${encodeURIComponent(name)})`,
    },
  ];
}

/** Settings that are about a collection of its own. */
function meaningless({ target, sync, switch: { mode } }: Spec): Issue[] {
  const { alias, settings, payload } = target;
  const given: readonly [string, unknown, boolean, string][] = [
    ['target.alias', alias, alias !== null, 'nothing is switched in place, and aliases of the collection stay: leave it out'],
    [
      'target.settings',
      settings,
      Object.keys(settings).length > 0,
      "in place the collection keeps its settings; a vector's own go into vectors.*.settings",
    ],
    [
      'target.payload',
      payload,
      payload.include.length + payload.exclude.length + Object.keys(payload.rename).length > 0,
      'in place payloads stay as they are: leave it out',
    ],
    ['sync.hashField', sync.hashField, sync.hashField !== null, 'is not written in place: leave it out'],
    ['sync.changedField', sync.changedField, sync.changedField !== null, 'in place every pass looks for what is missing: leave it out'],
    ['switch.mode', mode, mode === 'auto', 'nothing is switched in place: leave it out'],
  ];
  return given.flatMap(([field, value, isGiven, message]) => (isGiven ? [{ field, value, message }] : []));
}
