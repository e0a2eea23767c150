import type { AdapterHeader, ProjectRecipe, SaidOfModel, SearchProfile } from '@reembed/contracts';
import { matchRecipe } from '../../domain/recipes-of.ts';
import type { ServerAddress } from '../../ports/collections.ts';
import type { ModelCatalogue, QueryCode } from '../../ports/embedder.ts';
import { searchedVectors } from '../../ports/searches.ts';
import { bm25Model, queryOptions } from '../../recipes/bm25-recipe.ts';
import { givesDimensions } from '../../recipes/embed-recipe.ts';
import { type PlanScene, sourceOrigins } from '../../recipes/plan-scene.ts';
import { nextSearch } from './next-search.ts';

/** What code for queries is made of: a plan's scene, or what a migration keeps of it. */
export type QueryScene = Pick<PlanScene, 'spec' | 'catalogue'> & {
  readonly around: Pick<PlanScene['around'], 'source'>;
  readonly adapters: Readonly<Record<string, Pick<AdapterHeader, 'from' | 'to'> | Error>>;
};

/** What applications import; core itself does not. */
const qdrantClient = '@qdrant/js-client-rest';
const nodeProcess = 'node:process';

/**
 * Whole code for one search, at the address that is used here: as `search.new` says, else as `nextSearch` guesses. Null where it is not known
 * what makes a vector that is new, or where no public client does.
 */
export function querySnippet(scene: QueryScene, address: ServerAddress): QueryCode | null {
  const { alias, collection } = scene.spec.target;
  const search = scene.spec.search.new ?? nextSearch(scene.spec, scene.around.source);
  const asked = searchedVectors(search).map((using) => askedQuery(using, scene));
  const all = asked.filter((query) => query !== null);
  if (all.length < asked.length) return null;
  const { code, known } = toldApart(all);
  const where = JSON.stringify(alias ?? collection);
  const asToday = known.some(({ python }) => python.startsWith('as_today('));
  return {
    python: importsFirst(`${opening.python(address, code.python, asToday)}
hits = client.query_points(${where}, ${request(python, search, known)}${python.filter('query_filter', search.filter)}, limit=${search.limit}).points`),
    typescript: importsFirst(`${opening.typescript(address, code.typescript, asToday)}
const { points } = await client.query(${where}, { ${request(typescript, search, known)}${typescript.filter('filter', search.filter)}, limit: ${search.limit} });`),
  };
}

/** The lines before the search: the query, `code` that makes `vector` of it, what only the application knows, and the client. */
export const opening = {
  python: (
    { url, wantsKey }: ServerAddress,
    code: string,
    asToday: boolean,
  ) => `${wantsKey ? 'import os\n' : ''}query = "what somebody asks"
${code}${asToday ? '\n# as_today(name): what your application asks that vector with, made as it makes it today' : ''}
from qdrant_client import QdrantClient, models
client = QdrantClient(url=${JSON.stringify(url)}${wantsKey ? ', api_key=os.environ["QDRANT_API_KEY"]' : ''})`,
  typescript: ({ url, wantsKey }: ServerAddress, code: string, asToday: boolean) => `const query = 'what somebody asks';
${code}${asToday ? '\n// asToday(name): what your application asks that vector with, made as it makes it today' : ''}
${wantsKey ? `import { env } from ${JSON.stringify(nodeProcess)};\n` : ''}import { QdrantClient } from ${JSON.stringify(qdrantClient)};
const client = new QdrantClient({ url: ${quoted(url)}${wantsKey ? ', apiKey: env.QDRANT_API_KEY' : ''} });`,
};

/** How a language writes the parts of a search. */
type Language = {
  readonly query: (asked: AskedQuery) => string;
  readonly fusion: (search: SearchProfile) => string;
  /** `parts`: the query and what else belongs to the list. */
  readonly list: (parts: string, limit: number) => string;
  readonly prefetch: (lists: string) => string;
  /** Empty where there is none. */
  readonly filter: (name: string, filter: string | null) => string;
};

const python: Language = {
  query: ({ python: query, using }) => `query=${query}${using === '' ? '' : `, using=${JSON.stringify(using)}`}`,
  fusion: ({ fusion, rrf }) =>
    rrf === undefined
      ? `query=models.FusionQuery(fusion=models.Fusion(${JSON.stringify(fusion)}))`
      : `query=models.RrfQuery(rrf=models.Rrf(k=${rrf.k}${rrf.weights === null ? '' : `, weights=${JSON.stringify(rrf.weights)}`}))`,
  list: (parts, limit) => `    models.Prefetch(${parts}, limit=${limit}),\n`,
  prefetch: (lists) => `prefetch=[\n${lists}], `,
  filter: (name, filter) => (filter === null ? '' : `, ${name}=models.Filter.model_validate_json(${JSON.stringify(filter)})`),
};

const typescript: Language = {
  query: ({ typescript: query, using }) => `query: ${query}${using === '' ? '' : `, using: ${JSON.stringify(using)}`}`,
  fusion: ({ fusion, rrf }) =>
    rrf === undefined
      ? `query: { fusion: ${JSON.stringify(fusion)} }`
      : `query: { rrf: { k: ${rrf.k}${rrf.weights === null ? '' : `, weights: ${JSON.stringify(rrf.weights)}`} } }`,
  list: (parts, limit) => `  { ${parts}, limit: ${limit} },\n`,
  prefetch: (lists) => `prefetch: [\n${lists}], `,
  filter: (name, filter) => (filter === null ? '' : `, ${name}: ${filter}`),
};

function request(language: Language, search: SearchProfile, asked: readonly AskedQuery[]): string {
  const { using, prefetch, fusion } = search;
  const query = (name: string) => asked.filter((one) => one.using === name).map(language.query)[0] ?? '';
  const last = fusion === null ? query(using) : language.fusion(search);
  const lists = prefetch.map((list) => language.list(`${query(list.using)}${language.filter('filter', list.filter)}`, list.limit)).join('');
  return lists === '' ? last : `${language.prefetch(lists)}${last}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", '%27')}'`;
}

/** Parts bring their imports along, each once; empty lines go. */
export function importsFirst(code: string): string {
  const { imports, rest } = withoutImports(code);
  return [...new Set(imports), ...rest].join('\n');
}

function withoutImports(code: string): { readonly imports: readonly string[]; readonly rest: readonly string[] } {
  const lines = code.split('\n').filter((line) => line !== '');
  const isImport = (line: string) => /^(import|from) /.test(line);
  return { imports: lines.filter(isImport), rest: lines.filter((line) => !isImport(line)) };
}

/** The code before the search, and what each vector is asked with. Code of several models has the same names: each stands in a function of its own. */
function toldApart(asked: readonly AskedQuery[]): { readonly code: QueryCode; readonly known: readonly AskedQuery[] } {
  const models = [
    ...new Map(
      asked.flatMap((query) => (query.before === null ? [] : [[query.before.python, { ...query, before: query.before }]])),
    ).values(),
  ];
  if (models.length <= 1) return { code: models[0]?.before ?? { python: '', typescript: '' }, known: asked };
  const known = asked.map((query) => {
    const at = models.findIndex(({ before }) => before.python === query.before?.python);
    return at === -1 ? query : { ...query, python: `vector_${at + 1}`, typescript: `vector${at + 1}` };
  });
  const code = {
    python: models.map((model, at) => pythonFunction(model.before.python, model.python, at + 1)).join('\n'),
    typescript: models.map((model, at) => typescriptFunction(model.before.typescript, model.typescript, at + 1)).join('\n'),
  };
  return { code, known };
}

function pythonFunction(code: string, vector: string, at: number): string {
  const { imports, rest } = withoutImports(code);
  const body = [...rest, `return ${vector}`].map((line) => `    ${line}`);
  return [...imports, `def embed_${at}():`, ...body, `vector_${at} = embed_${at}()`].join('\n');
}

function typescriptFunction(code: string, vector: string, at: number): string {
  const { imports, rest } = withoutImports(code);
  const body = [...rest, `return ${vector};`].map((line) => `  ${line}`);
  return [...imports, `const vector${at} = await (async () => {`, ...body, '})();'].join('\n');
}

/** What one vector is asked with: an expression in each language, and the code before it, which makes `vector` of `query`. */
export type AskedQuery = QueryCode & { readonly using: string; readonly before: QueryCode | null };

/** What embeds queries; `adapter`: the file of the map that they go through afterwards. */
type QueryModel = {
  readonly model: string;
  readonly said?: SaidOfModel | undefined;
  readonly dimensions: number | null;
  readonly adapter: string | null;
};

/** Null where it is not known what makes the vector, or no public client does. */
export function askedQuery(using: string, scene: QueryScene): AskedQuery | null {
  const vector = scene.spec.vectors[using];
  if (vector === undefined) return null;
  const byModel = (asked: QueryModel | null) => (asked === null ? null : embeddedQuery(using, asked, scene.catalogue));
  return matchRecipe(vector, {
    embed: ({ model, dimensions = scene.catalogue.facts(model)?.dimensions ?? null }) => byModel({ model, dimensions, adapter: null }),
    keep: (from) => keptQuery(using, from, scene),
    truncate: ({ vector: from, dimensions }) => byModel(storedModel(from, dimensions, scene)),
    bm25: (recipe) => wordsQuery(using, recipe),
    sparse: (recipe) =>
      recipe.via === 'worker' ? byModel({ model: recipe.model, dimensions: null, adapter: null }) : serverQuery(using, recipe),
    multivector: (recipe) =>
      recipe.via === 'worker' ? byModel({ model: recipe.model, dimensions: recipe.dimensions, adapter: null }) : serverQuery(using, recipe),
    project: (recipe) => byModel(mappedModel(using, recipe, scene)),
  });
}

/** Applications ask it today: where nothing tells how, they know. */
function keptQuery(using: string, from: string, scene: QueryScene): AskedQuery {
  const { source } = scene.around;
  const words = source === null ? undefined : sourceOrigins(scene.spec, source)[from]?.bm25;
  if (words !== undefined) return wordsQuery(using, words);
  const asked = storedModel(from, undefined, scene);
  const name = JSON.stringify(from);
  const known = asked === null ? null : embeddedQuery(using, asked, scene.catalogue);
  return known ?? { using, before: null, python: `as_today(${name})`, typescript: `asToday(${name})` };
}

function wordsQuery(using: string, recipe: Parameters<typeof queryOptions>[0]): AskedQuery {
  return serverQuery(using, { model: bm25Model, options: queryOptions(recipe) });
}

/** Qdrant itself makes the query of its text. */
function serverQuery(using: string, asked: { readonly model: string; readonly options: Readonly<Record<string, unknown>> }): AskedQuery {
  const [model, options] = [JSON.stringify(asked.model), JSON.stringify(asked.options)];
  return {
    ...{ using, before: null },
    python: `models.Document(text=query, model=${model}, options=${options})`,
    typescript: `{ text: query, model: ${model}, options: ${options} }`,
  };
}

function embeddedQuery(using: string, { model, said, dimensions, adapter }: QueryModel, catalogue: ModelCatalogue): AskedQuery | null {
  const code =
    catalogue
      .saying({ [model]: said })
      .facts(model)
      ?.queryCode(dimensions) ?? null;
  if (code === null) return null;
  if (adapter === null) return { using, before: code, python: 'vector', typescript: 'vector' };
  return { using, before: throughMap(code, adapter), python: 'vector', typescript: 'mapped' };
}

/** What made a stored vector, where it is known and gives `cutTo` dimensions; undefined: all of them. */
function storedModel(from: string, cutTo: number | undefined, { spec, catalogue, around }: QueryScene): QueryModel | null {
  const origin = around.source === null ? undefined : sourceOrigins(spec, around.source)[from];
  const facts = origin === undefined ? null : catalogue.facts(origin.model);
  const dimensions = cutTo ?? origin?.dimensions;
  if (origin?.projected !== undefined || facts === null || dimensions === undefined) return null;
  return facts.dimensions === dimensions || givesDimensions(facts, dimensions)
    ? { model: facts.model, said: origin?.said, dimensions, adapter: null }
    : null;
}

function mappedModel(name: string, { vector, adapter, queries }: ProjectRecipe, { spec, adapters }: QueryScene): QueryModel | null {
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
