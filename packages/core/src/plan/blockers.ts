import { type Issue, isIdentity, readClaim, readPhase, type SearchProfile } from '@reembed/contracts';
import { isAtLeast } from '../domain/collection-info.ts';
import { nearName } from '../domain/near-names.ts';
import { isInPlace, modelVectors } from '../domain/recipes-of.ts';
import { sourceFilter } from '../domain/source-points.ts';
import { listed, ownInWords, reembed } from '../domain/words.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';
import { saidBlockers } from '../recipes/said-of-models.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { aliasBlockers } from './alias-plan.ts';
import { batchBlockers } from './batch-blockers.ts';
import { changedFieldBlockers } from './changed-field-plan.ts';
import { inPlaceBlockers } from './in-place-blockers.ts';
import { reverseBlockers } from './reverse-plan.ts';
import { strictModeBlockers } from './strict-mode.ts';
import { mappingBlockers, vectorNameBlockers } from './target-blockers.ts';
import { imageBlockers, textBlockers } from './text-plan.ts';
import { throttleBlockers } from './throttle-blockers.ts';

/** The oldest server that keeps metadata and can insert without overwriting (1.16 by `update_filter`, 1.17 by `insert_only`). */
const oldestMinor = 16;

/** Everything that must be mended before anything is created: field, value, and the way out. */
export function findBlockers(scene: PlanScene): Issue[] {
  const target = isInPlace(scene.spec) ? inPlaceBlockers : targetBlockers;
  return [
    serverBlockers,
    keyBlockers,
    sourceBlockers,
    strictModeBlockers,
    filterBlockers,
    textBlockers,
    imageBlockers,
    mappingBlockers,
    target,
    aliasBlockers,
    vectorNameBlockers,
    vectorBlockers,
    modelNameBlockers,
    saidBlockers,
    searchBlockers,
    weightsBlockers,
    changedFieldBlockers,
    throttleBlockers,
    shadowBlockers,
    batchBlockers,
    transportBlockers,
    reverseBlockers,
  ].flatMap((find) => find(scene));
}

function serverBlockers({ around: { serverVersion } }: PlanScene): Issue[] {
  if (isAtLeast(serverVersion, oldestMinor)) return [];
  const message = 'Qdrant 1.16 or later is needed: older servers cannot insert without overwriting, nor keep metadata with a collection';
  return [{ field: 'QDRANT_URL', value: serverVersion, message }];
}

/** A gate of searches that no gateway can ask of both sides would stand in the way for ever. */
function shadowBlockers({ spec: { gates, target } }: PlanScene): Issue[] {
  if (gates.shadow === null) return [];
  const why = isInPlace({ target })
    ? 'in place there is no second side to ask'
    : target.alias === null
      ? 'without target.alias no gateway knows of the new side'
      : isIdentity(target.payload)
        ? null
        : 'filters of searches mean something else on a side whose payloads are mapped';
  return why === null ? [] : [{ field: 'gates.shadow', value: gates.shadow, message: `cannot be measured: ${why}; leave it out` }];
}

function keyBlockers({ manageRefusal }: PlanScene): Issue[] {
  if (manageRefusal === null) return [];
  const message = `may not create collections or move aliases here: use a key that may manage (${manageRefusal})`;
  return [{ field: 'QDRANT_API_KEY', value: 'the key in use', message }];
}

function transportBlockers({ spec: { copy }, binaryRefusal }: PlanScene): Issue[] {
  if (copy.transport !== 'grpc' || binaryRefusal === null) return [];
  return [{ field: 'copy.transport', value: copy.transport, message: `is not open: ${binaryRefusal}; auto goes over REST then` }];
}

function sourceBlockers({ spec, around }: PlanScene): Issue[] {
  const { source } = around;
  const field = 'source.collection';
  const own = ownInWords(source?.name ?? spec.source.collection);
  if (own !== null) return [{ field, value: spec.source.collection, message: own }];
  if (source === null) {
    return [
      { field, value: spec.source.collection, message: `no collection or alias has this name; there are: ${listed(around.collections)}` },
    ];
  }
  const unknownVectors = Object.keys(spec.source.vectors).filter((name) => source.vectors[name] === undefined);
  return [
    ...(source.name === spec.target.collection && !isInPlace(spec)
      ? [
          {
            field: 'target.collection',
            value: spec.target.collection,
            message: 'is the source itself: name a collection that does not exist yet, or set target.inPlace to add the vector to this one',
          },
        ]
      : []),
    ...(source.params.sharding_method === 'custom'
      ? [
          {
            field,
            value: source.name,
            message:
              'uses custom sharding, where ids are unique only within a shard key: two points of one id would become one. This is not supported; ' +
              'index the texts anew into a collection of automatic sharding',
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

function filterBlockers({ spec, refusal }: PlanScene): Issue[] {
  if (refusal === null) return [];
  const message = `Qdrant refuses this filter: ${refusal.message}`;
  return [{ field: 'source.filter', value: sourceFilter(spec), message }];
}

function targetBlockers({ spec, around }: PlanScene): Issue[] {
  const { collection } = spec.target;
  const field = 'target.collection';
  const own = ownInWords(collection);
  if (own !== null) return [{ field, value: collection, message: own }];
  const behind = around.aliases.get(collection);
  if (behind !== undefined) {
    return [{ field, value: collection, message: `is an alias (of "${behind}"): a collection cannot take its name; choose another` }];
  }
  if (around.target === null || around.target.name === around.source?.name) return [];
  const claim = readClaim(around.target.metadata);
  const whose = claim === null ? 'was not made by reembed' : `belongs to migration ${claim.id}, whose spec differs or which has ended`;
  const last = readPhase(around.target.metadata)?.phase;
  const isLeft = claim !== null && (last === 'cancelled' || last === 'rolled-back');
  const wayOut = isLeft ? `${reembed('discard', claim.id, '--confirm', collection)} deletes what it left` : 'delete it if nothing needs it';
  return [
    {
      field,
      value: collection,
      message: `exists already with ${around.target.pointsCount} points and ${whose}: choose another name, or ${wayOut}`,
    },
  ];
}

function vectorBlockers(scene: PlanScene): Issue[] {
  return targetVectors(scene.spec).flatMap((vector) => [...settingsBlockers(vector.name, scene), ...vector.blockers(scene)]);
}

/** Behind an address of one's own any name may be a model: a slip would be found by its vectors only. */
function modelNameBlockers({ spec, catalogue }: PlanScene): Issue[] {
  const asked = [
    ...modelVectors(spec).map(({ name, kind, recipe }) => ({
      field: `vectors.${JSON.stringify(name)}.${kind}.model`,
      value: recipe.model,
    })),
    ...Object.entries(spec.source.vectors).map(([name, { model }]) => ({
      field: `source.vectors.${JSON.stringify(name)}.model`,
      value: model,
    })),
  ];
  return asked.flatMap(({ field, value }) => {
    const near = nearName(value, [...catalogue.known()]);
    if (near === null || catalogue.record(value) !== null) return [];
    const message = `is nearly "${near}", which is known: write that, or give "${value}" an entry under models: in reembed.config.yaml if it is another one`;
    return [{ field, value, message }];
  });
}

/** What the recipe and `distance` say is not said again, differently, in the settings. */
function settingsBlockers(name: string, { spec }: PlanScene): Issue[] {
  const settings = spec.vectors[name]?.settings ?? {};
  const path = `vectors.${JSON.stringify(name)}`;
  const wayOut = { size: 'the recipe decides it', distance: `write it as ${path}.distance` };
  return Object.entries(wayOut).flatMap(([key, message]) =>
    settings[key] === undefined
      ? []
      : [{ field: `${path}.settings.${key}`, value: settings[key], message: `does not belong here: ${message}` }],
  );
}

/** The old profile is about the source, the new one about the target. Of a fused one only the candidate lists are asked. */
function searchBlockers({ spec, around: { source } }: PlanScene): Issue[] {
  const { old, new: fresh } = spec.search;
  const oldNames = source === null ? null : [...Object.keys(source.vectors), ...Object.keys(source.sparseVectors)];
  const newNames = [...(isInPlace(spec) ? (oldNames ?? []) : []), ...Object.keys(spec.vectors)];
  return [
    // The unnamed vector is the default, also of a source that has none.
    ...(oldNames === null
      ? []
      : unknownVectors('search.old', old, ['', ...oldNames], `the source has no such vector; it has: ${listed(oldNames)}`)),
    ...(fresh === undefined
      ? []
      : unknownVectors('search.new', fresh, newNames, `the target will have no such vector; it will have: ${listed(newNames)}`)),
  ];
}

/** A server that does not know weights fuses without them, or refuses every search. */
function weightsBlockers({ spec: { search }, around: { serverVersion } }: PlanScene): Issue[] {
  if (isAtLeast(serverVersion, 17)) return [];
  return (['old', 'new'] as const).flatMap((side) => {
    const weights = search[side]?.rrf?.weights ?? null;
    if (weights === null) return [];
    const message = `Qdrant ${serverVersion} fuses without weights (1.17 and later can weigh): leave them out, or update the server first`;
    return [{ field: `search.${side}.rrf.weights`, value: weights, message }];
  });
}

function unknownVectors(path: string, profile: SearchProfile, names: readonly string[], message: string): Issue[] {
  const { using, prefetch, fusion } = profile;
  const asked = [
    ...(fusion === null ? [{ field: `${path}.using`, value: using }] : []),
    ...prefetch.map((candidates, at) => ({ field: `${path}.prefetch.${at}.using`, value: candidates.using })),
  ];
  return asked.filter(({ value }) => !names.includes(value)).map((vector) => ({ ...vector, message }));
}
