import { failure } from '../api/api-error.ts';
import type { Features } from '../api/versions.ts';
import type { CollectionConfig } from '../config/collection-config.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { Collection } from './collection.ts';

/** All collections and aliases of a server, in memory. */
export class Database {
  readonly features: Features;
  readonly collections = new Map<string, Collection>();
  /** Alias to collection name. */
  readonly aliases = new Map<string, string>();

  constructor(features: Features) {
    this.features = features;
  }

  /** The collection of that name, or behind that alias. Throws 404. */
  resolve(name: string): Collection {
    const collection = this.collections.get(name) ?? this.collections.get(this.aliases.get(name) ?? '');
    if (collection === undefined) throw failure.noCollection(name);
    return collection;
  }

  /** Throws 409 where the name is taken, 400 where it is an alias. */
  create(name: string, config: CollectionConfig): void {
    if (this.collections.has(name)) throw failure.conflict(`Collection \`${name}\` already exists!`);
    if (this.aliases.has(name))
      throw failure.wrongInput(`Can't create collection with name ${name}. Alias with the same name already exists`);
    this.collections.set(name, new Collection(config, this.features));
  }

  /** Deletes a collection and, silently, every alias that points at it. An alias is no name here. */
  delete(name: string): boolean {
    for (const [alias, target] of this.aliases) if (target === name) this.aliases.delete(alias);
    return this.collections.delete(name);
  }

  aliasesOf(name: string): string[] {
    return [...this.aliases].filter(([, target]) => target === name).map(([alias]) => alias);
  }
}

type AliasAction = (database: Database) => void;

/** One row per action of `POST /collections/aliases`. */
const ACTIONS: Record<string, (fields: JsonObject) => AliasAction> = {
  create_alias: (fields) => createAlias(text(fields, 'alias_name'), text(fields, 'collection_name')),
  delete_alias: (fields) => deleteAlias(text(fields, 'alias_name')),
  rename_alias: (fields) => renameAlias(text(fields, 'old_alias_name'), text(fields, 'new_alias_name')),
};

/** The actions of a request. Throws 400. */
export function readAliasActions(body: JsonObject): AliasAction[] {
  const actions = body.get('actions');
  if (!Array.isArray(actions)) throw failure.format('missing field `actions`');
  return actions.map((action) => {
    const [name, fields] = isObject(action) ? ([...action].find(([key]) => Object.hasOwn(ACTIONS, key)) ?? []) : [];
    const make = name === undefined ? undefined : ACTIONS[name];
    if (make === undefined || !isObject(fields)) throw failure.format('data did not match any variant of untagged enum AliasOperations');
    return make(fields);
  });
}

function text(fields: JsonObject, name: string): string {
  const value: JsonValue | undefined = fields.get(name);
  if (typeof value !== 'string') throw failure.format('data did not match any variant of untagged enum AliasOperations');
  return value;
}

/** Points the alias at the collection, whatever it pointed at before. */
function createAlias(alias: string, collection: string): AliasAction {
  return ({ collections, aliases }) => {
    if (!collections.has(collection)) throw failure.noCollection(collection);
    if (collections.has(alias)) throw failure.conflict(`Collection \`${alias}\` already exists!`);
    aliases.set(alias, collection);
  };
}

function deleteAlias(alias: string): AliasAction {
  return ({ aliases }) => void aliases.delete(alias);
}

function renameAlias(from: string, to: string): AliasAction {
  return ({ aliases }) => {
    const target = aliases.get(from);
    if (target === undefined) throw failure.notFound(`Alias ${from} does not exists!`);
    aliases.delete(from);
    aliases.set(to, target);
  };
}
