import { type Issue, metadataKeys, type Spec } from '@reembed/contracts';
import { nextAlias } from '../migration.ts';
import type { PointText } from '../ports/collections.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import { fieldText, templateFields } from '../recipes/render-text.ts';
import { embedVectors, keptVectors } from '../recipes/target-vectors.ts';
import type { Surroundings } from './surroundings.ts';

export type Scene = {
  readonly spec: Spec;
  readonly around: Surroundings;
  readonly sample: readonly PointText[];
  readonly catalogue: ModelCatalogue;
};

/** The oldest server that keeps metadata and can insert without overwriting (1.16 by `update_filter`, 1.17 by `insert_only`). */
const oldestServer = [1, 16] as const;

/** Everything that must be mended before anything is created: field, value, and the way out. */
export function findBlockers(scene: Scene): Issue[] {
  return [serverBlockers, sourceBlockers, targetBlockers, aliasBlockers, embedBlockers, keepBlockers, searchBlockers].flatMap((find) =>
    find(scene),
  );
}

function serverBlockers({ around: { serverVersion } }: Scene): Issue[] {
  const [major = 0, minor = 0] = serverVersion.split('.').map(Number);
  const tooOld = major < oldestServer[0] || (major === oldestServer[0] && minor < oldestServer[1]);
  return tooOld
    ? [
        {
          field: 'QDRANT_URL',
          value: serverVersion,
          message: 'Qdrant 1.16 or later is needed: older servers cannot insert without overwriting, nor keep metadata with a collection',
        },
      ]
    : [];
}

function sourceBlockers({ spec, around }: Scene): Issue[] {
  const { source } = around;
  const field = 'source.collection';
  if (source === null) {
    return [
      { field, value: spec.source.collection, message: `no collection or alias has this name; there are: ${listed(around.collections)}` },
    ];
  }
  const unknownVectors = Object.keys(spec.source.vectors).filter((name) => source.vectors[name] === undefined);
  return [
    ...(source.name === spec.target.collection
      ? [
          {
            field: 'target.collection',
            value: spec.target.collection,
            message: 'is the source itself: name a collection that does not exist yet',
          },
        ]
      : []),
    ...(source.params.sharding_method === 'custom'
      ? [
          {
            field,
            value: source.name,
            message: 'uses custom sharding, where ids are unique only within a shard key: this is not supported',
          },
        ]
      : []),
    ...unknownVectors.map((name) => ({
      field: `source.vectors.${JSON.stringify(name)}`,
      value: name,
      message: `the source has no such vector; it has: ${listed(Object.keys(source.vectors))}`,
    })),
  ];
}

function targetBlockers({ spec, around }: Scene): Issue[] {
  const { collection } = spec.target;
  const field = 'target.collection';
  const behind = around.aliases.get(collection);
  if (behind !== undefined) {
    return [{ field, value: collection, message: `is an alias (of "${behind}"): a collection cannot take its name; choose another` }];
  }
  if (around.target === null || around.target.name === around.source?.name) return [];
  const owner = (around.target.metadata[metadataKeys.migration] as { id?: unknown } | undefined)?.id;
  const whose =
    owner === undefined ? 'was not made by reembed' : `belongs to migration ${String(owner)}, whose spec differs or which has ended`;
  return [
    {
      field,
      value: collection,
      message: `exists already with ${around.target.pointsCount} points and ${whose}: choose another name, or delete it if nothing needs it`,
    },
  ];
}

function aliasBlockers({ spec, around }: Scene): Issue[] {
  const { alias, collection } = spec.target;
  if (alias === null) return [];
  const field = 'target.alias';
  if (around.collections.includes(alias)) {
    return [
      {
        field,
        value: alias,
        message:
          `is a collection's own name, so readers use the collection directly and nothing can be switched under them: create an alias for it ` +
          `(\`reembed alias create <name> ${alias}\`), let readers use that name, then submit with it`,
      },
    ];
  }
  const pointsAt = around.aliases.get(alias);
  const next = around.aliases.get(nextAlias(alias));
  return [
    ...(pointsAt !== undefined && pointsAt !== around.source?.name
      ? [
          {
            field,
            value: alias,
            message: `points at "${pointsAt}", not at the source "${around.source?.name ?? spec.source.collection}": name the alias its readers use`,
          },
        ]
      : []),
    ...(next !== undefined && next !== collection
      ? [
          {
            field,
            value: alias,
            message: `the alias "${nextAlias(alias)}" exists and points at "${next}": another migration may be under way; delete that alias if not`,
          },
        ]
      : []),
    ...(around.collections.includes(nextAlias(alias))
      ? [
          {
            field,
            value: alias,
            message: `a collection has the name "${nextAlias(alias)}", which the migration needs as an alias: choose another alias`,
          },
        ]
      : []),
  ];
}

function embedBlockers({ spec, sample, catalogue }: Scene): Issue[] {
  return embedVectors(spec).flatMap(({ name, recipe }) => {
    const path = `vectors.${JSON.stringify(name)}.embed`;
    const facts = catalogue.facts(recipe.model);
    const model = { field: `${path}.model`, value: recipe.model };
    if (facts === null)
      return [{ ...model, message: `is not a known model; known are ${listed(catalogue.known())}; others go into reembed.config.yaml` }];
    return [...dimensionBlockers(path, recipe.dimensions, facts), ...templateBlockers(path, recipe.text, sample)];
  });
}

function dimensionBlockers(path: string, wanted: number | undefined, facts: NonNullable<ReturnType<ModelCatalogue['facts']>>): Issue[] {
  const { dimensions, dimensionChoices } = facts;
  if (wanted === undefined || dimensions === null || wanted === dimensions) return [];
  const fits = dimensionChoices === 'any' ? wanted < dimensions : dimensionChoices.includes(wanted);
  if (fits) return [];
  const choices = dimensionChoices === 'any' ? `at most ${dimensions}` : listed([dimensions, ...dimensionChoices].map(String));
  return [{ field: `${path}.dimensions`, value: wanted, message: `${facts.model} cannot give this size; it gives ${choices}` }];
}

function templateBlockers(path: string, template: string, sample: readonly PointText[]): Issue[] {
  if (sample.length === 0) return [];
  const absent = templateFields(template).filter((field) => sample.every(({ payload }) => fieldText(payload, field).trim() === ''));
  const present = [...new Set(sample.flatMap(({ payload }) => Object.keys(JSON.parse(payload) as object)))];
  return absent.map((field) => ({
    field: `${path}.text`,
    value: template,
    message: `"${field}" has a value in none of ${sample.length} sampled points; their payloads have: ${listed(present)}`,
  }));
}

function keepBlockers({ spec, around: { source } }: Scene): Issue[] {
  if (source === null) return [];
  return keptVectors(spec).flatMap(({ name, from }) => {
    const field = `vectors.${JSON.stringify(name)}.keep`;
    if (source.vectors[from] !== undefined) return [];
    if (source.sparseVectors[from] === undefined) {
      const all = [...Object.keys(source.vectors), ...Object.keys(source.sparseVectors)];
      return [{ field, value: from, message: `the source has no such vector; it has: ${listed(all)}` }];
    }
    return name === '' ? [{ field, value: from, message: 'a sparse vector needs a name of its own in the target' }] : [];
  });
}

/** The old profile is about the source, the new one about the target. */
function searchBlockers({ spec, around: { source } }: Scene): Issue[] {
  const { old, new: fresh } = spec.search;
  const oldNames = source === null ? null : [...Object.keys(source.vectors), ...Object.keys(source.sparseVectors)];
  return [
    // The unnamed vector is the default, also of a source that has none.
    ...(oldNames === null || old.using === '' || oldNames.includes(old.using)
      ? []
      : [{ field: 'search.old.using', value: old.using, message: `the source has no such vector; it has: ${listed(oldNames)}` }]),
    ...(fresh === undefined || spec.vectors[fresh.using] !== undefined
      ? []
      : [
          {
            field: 'search.new.using',
            value: fresh.using,
            message: `the target will have no such vector; it will have: ${listed(Object.keys(spec.vectors))}`,
          },
        ]),
  ];
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, 20).map((name) => (name === '' ? '"" (unnamed)' : name));
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ');
}
