import type { JsonValue } from '../json/json-value.ts';
import { valueAnswer } from '../server/answer.ts';
import { readAliasActions } from '../storage/alias-actions.ts';
import { bodyObject, collectionName, type Route } from './route.ts';

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
