import { failure } from '../api-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import type { Database } from './database.ts';

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
    const [name, fields] = isObject(action) ? ([...action].find(([key]) => key in ACTIONS) ?? []) : [];
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
