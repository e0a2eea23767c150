import type { VectorSpec } from '@reembed/contracts';
import type { QueryCode } from '../../ports/embedder.ts';
import type { PlanScene } from '../plan-scene.ts';

/** What applications import; core itself does not. */
const qdrantClient = '@qdrant/js-client-rest';

/** What embeds queries; `adapter`: the file of the map that they go through afterwards. */
type QueryModel = { readonly model: string; readonly dimensions: number | null; readonly adapter: string | null };

/** Whole code for one search by the vector that new queries use, or the first that a model makes; null where no public client can embed it. */
export function querySnippet(scene: PlanScene): QueryCode | null {
  const { spec, catalogue } = scene;
  const made = Object.keys(spec.vectors).filter((name) => spec.vectors[name]?.embed ?? spec.vectors[name]?.project);
  const using = made.find((name) => name === spec.search.new?.using) ?? made[0];
  const asked = using === undefined ? null : queryModel(using, spec.vectors[using], scene);
  const code = asked === null ? null : (catalogue.facts(asked.model)?.queryCode(asked.dimensions) ?? null);
  if (using === undefined || asked === null || code === null) return null;
  const where = JSON.stringify(spec.target.alias ?? spec.target.collection);
  const limit = spec.search.new?.limit ?? 10;
  return {
    python: [
      code.python,
      ...(asked.adapter === null ? [] : throughMap(asked.adapter).python),
      'from qdrant_client import QdrantClient',
      'client = QdrantClient(url="http://localhost:6333")',
      `hits = client.query_points(${where}, query=vector${using === '' ? '' : `, using=${JSON.stringify(using)}`}, limit=${limit}).points`,
    ].join('\n'),
    typescript: [
      code.typescript,
      ...(asked.adapter === null ? [] : throughMap(asked.adapter).typescript),
      `import { QdrantClient } from ${JSON.stringify(qdrantClient)};`,
      "const client = new QdrantClient({ url: 'http://localhost:6333' });",
      `const { points } = await client.query(${where}, { query: ${asked.adapter === null ? 'vector' : 'mapped'}${using === '' ? '' : `, using: ${JSON.stringify(using)}`}, limit: ${limit} });`,
    ].join('\n'),
  };
}

/** Null where it is not known. */
function queryModel(name: string, vector: VectorSpec | undefined, { spec, catalogue, adapters }: PlanScene): QueryModel | null {
  if (vector?.embed !== undefined) {
    const { model, dimensions = catalogue.facts(model)?.dimensions ?? null } = vector.embed;
    return { model, dimensions, adapter: null };
  }
  const header = adapters[name];
  if (vector?.project === undefined || header === undefined || header instanceof Error) return null;
  const { vector: from, adapter, queries } = vector.project;
  if (queries === 'new') return { ...header.to, adapter: null };
  const model = spec.source.vectors[from]?.model ?? header.from.model;
  return model === null ? null : { model, dimensions: header.from.dimensions, adapter };
}

/** With what `reembed adapter export` has written. */
function throughMap(adapter: string): { readonly python: string[]; readonly typescript: string[] } {
  const file = JSON.stringify(adapter);
  return {
    python: ['from adapter import load_adapter', `vector = load_adapter(${file})(vector).tolist()`],
    typescript: ["import { loadAdapter } from './adapter.ts';", `const mapped = loadAdapter(${file})(vector);`],
  };
}
