import type { Bm25Recipe, ProjectRecipe, SearchProfile } from '@reembed/contracts';
import { matchRecipe, recipesOf } from '../../domain/recipes-of.ts';
import type { ModelCatalogue, QueryCode } from '../../ports/embedder.ts';
import { searchedVectors } from '../../ports/searches.ts';
import { bm25Model, queryOptions } from '../../recipes/bm25-recipe.ts';
import { givesDimensions } from '../../recipes/embed-recipe.ts';
import { type PlanScene, sourceOrigins } from '../../recipes/plan-scene.ts';

/** What applications import; core itself does not. */
const qdrantClient = '@qdrant/js-client-rest';

/**
 * Whole code for one search: as `search.new` says, else by the first vector that is made. Null where it is not known what makes a vector, where
 * no public client does, or where two models would be asked.
 */
export function querySnippet(scene: PlanScene): QueryCode | null {
  const { alias, collection } = scene.spec.target;
  const search = searchOf(scene);
  const asked = searchedVectors(search).map((using) => askedQuery(using, scene));
  const known = asked.filter((query) => query !== null);
  const models = new Map(known.flatMap(({ before }) => (before === null ? [] : [[before.python, before]])));
  if (known.length < asked.length || models.size > 1) return null;
  const [code = { python: '', typescript: '' }] = models.values();
  const where = JSON.stringify(alias ?? collection);
  return {
    python: importsFirst(`query = "what somebody asks"
${code.python}
from qdrant_client import QdrantClient, models
client = QdrantClient(url="http://localhost:6333")
hits = client.query_points(${where}, ${request(python, search, known)}, limit=${search.limit}).points`),
    typescript: importsFirst(`const query = 'what somebody asks';
${code.typescript}
import { QdrantClient } from ${JSON.stringify(qdrantClient)};
const client = new QdrantClient({ url: 'http://localhost:6333' });
const { points } = await client.query(${where}, { ${request(typescript, search, known)}, limit: ${search.limit} });`),
  };
}

function searchOf({ spec }: PlanScene): SearchProfile {
  const { new: asked } = spec.search;
  const made = recipesOf(spec).filter(({ recipe }) => recipe !== 'keep');
  if (asked !== undefined && (asked.prefetch.length > 0 || made.some(({ name }) => name === asked.using))) return asked;
  const [first] = [...made.filter(({ sparse }) => !sparse), ...made];
  return { using: first?.name ?? '', prefetch: [], fusion: null, limit: asked?.limit ?? 10, filter: null };
}

/** How a language writes the parts of a search. */
type Language = {
  readonly query: (asked: AskedQuery) => string;
  readonly fusion: (name: string) => string;
  readonly list: (query: string, limit: number) => string;
  readonly prefetch: (lists: string) => string;
};

const python: Language = {
  query: ({ python: query, using }) => `query=${query}${using === '' ? '' : `, using=${JSON.stringify(using)}`}`,
  fusion: (name) => `query=models.FusionQuery(fusion=models.Fusion(${JSON.stringify(name)}))`,
  list: (query, limit) => `    models.Prefetch(${query}, limit=${limit}),\n`,
  prefetch: (lists) => `prefetch=[\n${lists}], `,
};

const typescript: Language = {
  query: ({ typescript: query, using }) => `query: ${query}${using === '' ? '' : `, using: ${JSON.stringify(using)}`}`,
  fusion: (name) => `query: { fusion: ${JSON.stringify(name)} }`,
  list: (query, limit) => `  { ${query}, limit: ${limit} },\n`,
  prefetch: (lists) => `prefetch: [\n${lists}], `,
};

function request(language: Language, { using, prefetch, fusion }: SearchProfile, asked: readonly AskedQuery[]): string {
  const query = (name: string) => asked.filter((one) => one.using === name).map(language.query)[0] ?? '';
  const last = fusion === null ? query(using) : language.fusion(fusion);
  const lists = prefetch.map((list) => language.list(query(list.using), list.limit)).join('');
  return lists === '' ? last : `${language.prefetch(lists)}${last}`;
}

/** Parts bring their imports along; empty lines go. */
function importsFirst(code: string): string {
  const lines = code.split('\n').filter((line) => line !== '');
  const isImport = (line: string) => /^(import|from) /.test(line);
  return [...lines.filter(isImport), ...lines.filter((line) => !isImport(line))].join('\n');
}

/** What one vector is asked with: an expression in each language, and the code before it, which makes `vector` of `query`. */
export type AskedQuery = QueryCode & { readonly using: string; readonly before: QueryCode | null };

/** What embeds queries; `adapter`: the file of the map that they go through afterwards. */
type QueryModel = { readonly model: string; readonly dimensions: number | null; readonly adapter: string | null };

/** Null where it is not known what makes the vector, or no public client does. */
export function askedQuery(using: string, scene: PlanScene): AskedQuery | null {
  const vector = scene.spec.vectors[using];
  if (vector === undefined) return null;
  const byModel = (asked: QueryModel | null) => (asked === null ? null : embeddedQuery(using, asked, scene.catalogue));
  return matchRecipe(vector, {
    embed: ({ model, dimensions = scene.catalogue.facts(model)?.dimensions ?? null }) => byModel({ model, dimensions, adapter: null }),
    keep: (from) => byModel(storedModel(from, undefined, scene)),
    truncate: ({ vector: from, dimensions }) => byModel(storedModel(from, dimensions, scene)),
    bm25: (recipe) => wordsQuery(using, recipe),
    project: (recipe) => byModel(mappedModel(using, recipe, scene)),
  });
}

function wordsQuery(using: string, recipe: Bm25Recipe): AskedQuery {
  const [model, options] = [JSON.stringify(bm25Model), JSON.stringify(queryOptions(recipe))];
  return {
    ...{ using, before: null },
    python: `models.Document(text=query, model=${model}, options=${options})`,
    typescript: `{ text: query, model: ${model}, options: ${options} }`,
  };
}

function embeddedQuery(using: string, { model, dimensions, adapter }: QueryModel, catalogue: ModelCatalogue): AskedQuery | null {
  const code = catalogue.facts(model)?.queryCode(dimensions) ?? null;
  if (code === null) return null;
  if (adapter === null) return { using, before: code, python: 'vector', typescript: 'vector' };
  return { using, before: throughMap(code, adapter), python: 'vector', typescript: 'mapped' };
}

/** What made a stored vector, where it is known and gives `cutTo` dimensions; undefined: all of them. */
function storedModel(from: string, cutTo: number | undefined, { spec, catalogue, around }: PlanScene): QueryModel | null {
  const origin = around.source === null ? undefined : sourceOrigins(spec, around.source)[from];
  const facts = origin === undefined ? null : catalogue.facts(origin.model);
  const dimensions = cutTo ?? origin?.dimensions;
  if (origin?.projected !== undefined || facts === null || dimensions === undefined) return null;
  return facts.dimensions === dimensions || givesDimensions(facts, dimensions) ? { model: facts.model, dimensions, adapter: null } : null;
}

function mappedModel(name: string, { vector, adapter, queries }: ProjectRecipe, { spec, adapters }: PlanScene): QueryModel | null {
  const header = adapters[name];
  if (header === undefined || header instanceof Error) return null;
  if (queries === 'new') return { ...header.to, adapter: null };
  const model = spec.source.vectors[vector]?.model ?? header.from.model;
  return model === null ? null : { model, dimensions: header.from.dimensions, adapter };
}

/** With what `reembed adapter export` has written. */
function throughMap(code: QueryCode, adapter: string): QueryCode {
  const file = JSON.stringify(adapter);
  return {
    python: [code.python, 'from adapter import load_adapter', `vector = load_adapter(${file})(vector).tolist()`].join('\n'),
    typescript: [code.typescript, "import { loadAdapter } from './adapter.ts';", `const mapped = loadAdapter(${file})(vector);`].join('\n'),
  };
}
