import type { QueryCode } from '../../ports/embedder.ts';

/** What applications import; core itself does not. */
const qdrantClient = '@qdrant/js-client-rest';

/** Whole code for one search: the model's own code for `vector`, then the query by which the target is asked. */
export function querySnippet(
  code: QueryCode | null,
  { where, using, limit }: { where: string; using: string; limit: number },
): QueryCode | null {
  if (code === null) return null;
  const name = JSON.stringify(where);
  return {
    python: [
      code.python,
      'from qdrant_client import QdrantClient',
      'client = QdrantClient(url="http://localhost:6333")',
      `hits = client.query_points(${name}, query=vector${using === '' ? '' : `, using=${JSON.stringify(using)}`}, limit=${limit}).points`,
    ].join('\n'),
    typescript: [
      code.typescript,
      `import { QdrantClient } from ${JSON.stringify(qdrantClient)};`,
      "const client = new QdrantClient({ url: 'http://localhost:6333' });",
      `const { points } = await client.query(${name}, { query: vector${using === '' ? '' : `, using: ${JSON.stringify(using)}`}, limit: ${limit} });`,
    ].join('\n'),
  };
}
