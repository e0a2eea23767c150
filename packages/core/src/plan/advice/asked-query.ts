import type { QueryCode } from '../../ports/embedder.ts';
import { bm25Model, queryOptions } from '../../recipes/bm25-recipe.ts';
import { givesDimensions } from '../../recipes/embed-recipe.ts';
import type { PlanScene } from '../../recipes/plan-scene.ts';
import { sourceOrigins } from '../../recipes/vector-origins.ts';

/** What one vector is asked with: an expression in each language, and the code before it, which makes `vector` of `query`. */
export type AskedQuery = QueryCode & { readonly using: string; readonly before: QueryCode | null };

/** What embeds queries; `adapter`: the file of the map that they go through afterwards. */
type QueryModel = { readonly model: string; readonly dimensions: number | null; readonly adapter: string | null };

/** Null where it is not known what makes the vector, or no public client does. */
export function askedQuery(using: string, scene: PlanScene): AskedQuery | null {
  const recipe = scene.spec.vectors[using]?.bm25;
  if (recipe !== undefined) {
    const [model, options] = [JSON.stringify(bm25Model), JSON.stringify(queryOptions(recipe))];
    return {
      ...{ using, before: null },
      python: `models.Document(text=query, model=${model}, options=${options})`,
      typescript: `{ text: query, model: ${model}, options: ${options} }`,
    };
  }
  const asked = queryModel(using, scene);
  const code = asked === null ? null : (scene.catalogue.facts(asked.model)?.queryCode(asked.dimensions) ?? null);
  if (asked === null || code === null) return null;
  if (asked.adapter === null) return { using, before: code, python: 'vector', typescript: 'vector' };
  return { using, before: throughMap(code, asked.adapter), python: 'vector', typescript: 'mapped' };
}

/** Null where it is not known. */
function queryModel(name: string, { spec, catalogue, adapters, around }: PlanScene): QueryModel | null {
  const { embed, project, keep, truncate } = spec.vectors[name] ?? {};
  if (embed !== undefined) {
    const { model, dimensions = catalogue.facts(model)?.dimensions ?? null } = embed;
    return { model, dimensions, adapter: null };
  }
  const from = keep ?? truncate?.vector;
  if (from !== undefined) {
    const origin = around.source === null ? undefined : sourceOrigins(spec, around.source)[from];
    const facts = origin === undefined ? null : catalogue.facts(origin.model);
    const dimensions = truncate?.dimensions ?? origin?.dimensions;
    if (origin?.projected !== undefined || facts === null || dimensions === undefined) return null;
    return facts.dimensions === dimensions || givesDimensions(facts, dimensions) ? { model: facts.model, dimensions, adapter: null } : null;
  }
  const header = adapters[name];
  if (project === undefined || header === undefined || header instanceof Error) return null;
  if (project.queries === 'new') return { ...header.to, adapter: null };
  const model = spec.source.vectors[project.vector]?.model ?? header.from.model;
  return model === null ? null : { model, dimensions: header.from.dimensions, adapter: project.adapter };
}

/** With what `reembed adapter export` has written. */
function throughMap(code: QueryCode, adapter: string): QueryCode {
  const file = JSON.stringify(adapter);
  return {
    python: [code.python, 'from adapter import load_adapter', `vector = load_adapter(${file})(vector).tolist()`].join('\n'),
    typescript: [code.typescript, "import { loadAdapter } from './adapter.ts';", `const mapped = loadAdapter(${file})(vector);`].join('\n'),
  };
}
