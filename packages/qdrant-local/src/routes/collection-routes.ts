import { failure } from '../api/api-error.ts';
import type { Features } from '../api/versions.ts';
import { createConfig } from '../config/collection-config.ts';
import { patchConfig } from '../config/config-changes.ts';
import { checkCollectionName } from '../config/names.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { collectionInfo, indexedVectors } from '../storage/collection-info.ts';
import { readAliasActions } from '../storage/database.ts';
import { bodyObject, collectionName, type RequestContext, type Route, valueAnswer } from './route.ts';

export const collectionRoutes: Route[] = [
  { method: 'GET', path: '/collections', handle: ({ database }) => valueAnswer(nameList([...database.collections.keys()])) },
  { method: 'GET', path: '/collections/{collection}', handle: info },
  { method: 'PUT', path: '/collections/{collection}', handle: create },
  { method: 'PATCH', path: '/collections/{collection}', handle: patch },
  {
    method: 'DELETE',
    path: '/collections/{collection}',
    handle: (context) => valueAnswer(context.database.delete(collectionName(context))),
  },
  { method: 'GET', path: '/collections/{collection}/exists', handle: exists },
  { method: 'GET', path: '/collections/{collection}/optimizations', handle: optimizations },
];

function nameList(names: string[]): JsonValue {
  return new Map([['collections', names.sort().map((name) => new Map<string, JsonValue>([['name', name]]))]]);
}

function info(context: RequestContext) {
  const collection = context.database.resolve(collectionName(context));
  return valueAnswer(collectionInfo(collection, { updateQueue: context.features.optimizations }));
}

function create(context: RequestContext) {
  const body = bodyObject(context);
  dropUnknown(body, context.features);
  const name = collectionName(context);
  checkCollectionName(name);
  context.database.create(name, createConfig(body));
  return valueAnswer(true);
}

/** Older versions pass over what they do not know. */
function dropUnknown(body: JsonObject, features: Features): void {
  if (!features.metadata) body.delete('metadata');
  const optimizers = body.get('optimizers_config');
  if (!features.preventUnoptimized && isObject(optimizers)) optimizers.delete('prevent_unoptimized');
}

function patch(context: RequestContext) {
  const body = bodyObject(context);
  dropUnknown(body, context.features);
  const collection = context.database.resolve(collectionName(context));
  const indexedBefore = indexedVectors(collection);
  const { rebuilds } = patchConfig(collection.config, body);
  if (rebuilds || indexedVectors(collection) !== indexedBefore) collection.optimizing = true;
  return valueAnswer(true);
}

function exists(context: RequestContext) {
  const { collections, aliases } = context.database;
  const name = collectionName(context);
  return valueAnswer(new Map([['exists', collections.has(name) || aliases.has(name)]]));
}

function optimizations(context: RequestContext) {
  if (!context.features.optimizations) throw failure.unknownRoute();
  context.database.resolve(collectionName(context));
  const counts: [string, JsonValue][] = [
    ['queued_optimizations', 0n],
    ['queued_segments', 0n],
    ['queued_points', 0n],
    ['idle_segments', 2n],
  ];
  return valueAnswer(
    new Map<string, JsonValue>([
      ['summary', new Map(counts)],
      ['running', []],
    ]),
  );
}

export const aliasRoutes: Route[] = [
  {
    method: 'POST',
    path: '/collections/aliases',
    handle: (context) => {
      for (const act of readAliasActions(bodyObject(context))) act(context.database);
      return valueAnswer(true);
    },
  },
  { method: 'GET', path: '/aliases', handle: ({ database }) => valueAnswer(aliasList([...database.aliases])) },
  {
    method: 'GET',
    path: '/collections/{collection}/aliases',
    handle: (context) => {
      const name = collectionName(context);
      return valueAnswer(aliasList(context.database.aliasesOf(name).map((alias): [string, string] => [alias, name])));
    },
  },
];

function aliasList(aliases: [alias: string, collection: string][]): JsonValue {
  return new Map([
    [
      'aliases',
      aliases.map(
        ([alias, collection]) =>
          new Map<string, JsonValue>([
            ['alias_name', alias],
            ['collection_name', collection],
          ]),
      ),
    ],
  ]);
}
