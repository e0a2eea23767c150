import { specSchema } from '@reembed/contracts';
import { createFakeCatalogue, createFakeEmbedder } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import type { ModelCatalogue } from '../../ports/embedder.ts';
import { querySnippet } from './query-snippet.ts';

/** Code of each model by the same names, as that of real ones is. */
function codeOf(model: string) {
  const asks = `reply(${JSON.stringify(model)}, query)`;
  return {
    python: `from servers import reply\nanswer = ${asks}\nvector = answer`,
    typescript: `import { reply } from './servers.ts';\nconst answer = await ${asks};\nconst vector = answer;`,
  };
}

function catalogue(models: readonly string[]): ModelCatalogue {
  const fake = createFakeCatalogue(models.map((model) => createFakeEmbedder({ model })));
  const facts: ModelCatalogue['facts'] = (model) => {
    const found = fake.facts(model);
    return found === null ? null : { ...found, queryCode: () => codeOf(model) };
  };
  return { ...fake, facts, saying: () => ({ ...fake, facts }) };
}

const text = '{{body}}';
const spec = specSchema.parse({
  name: 'x',
  source: { collection: 'a' },
  target: { collection: 'b' },
  vectors: {
    dense: { embed: { model: 'my/dense', text } },
    learned: { sparse: { via: 'worker', model: 'my/words', text } },
    words: { bm25: { text } },
  },
  search: {
    new: { prefetch: [{ using: 'dense' }, { using: 'learned' }, { using: 'words' }, { using: 'dense', limit: 7 }], fusion: 'rrf' },
  },
});

const scene = { spec, catalogue: catalogue(['my/dense', 'my/words']), around: { source: null }, adapters: {} };
const code = querySnippet(scene, { url: 'http://127.0.0.1:6333', wantsKey: false });

describe('code for a search that asks several models', () => {
  it('runs, and asks each model once, for its own vectors', async () => {
    const asked: string[] = [];
    const reply = async (model: string, query: string) => {
      asked.push(model);
      return `${model} of ${query}`;
    };
    class QdrantClient {
      query = async (_: string, points: object) => ({ points });
    }
    const body = (code?.typescript ?? '').replaceAll(/^import .*$/gm, '');
    const AsyncFunction: FunctionConstructor = Object.getPrototypeOf(async () => undefined).constructor;
    const found = await new AsyncFunction('reply', 'QdrantClient', `${body}\nreturn points;`)(reply, QdrantClient);
    const [dense, learned] = ['my/dense of what somebody asks', 'my/words of what somebody asks'];
    expect(found.prefetch).toMatchObject([
      { query: dense },
      { query: learned },
      { query: { model: 'qdrant/bm25' } },
      { query: dense, limit: 7 },
    ]);
    expect(asked).toEqual(['my/dense', 'my/words']);
    expect(code?.typescript.match(/import \{ reply \}/g)).toHaveLength(1);
  });

  it('has a function for each in Python too, and imports once at the top', () => {
    const [imports, ...rest] = (code?.python ?? '').split(/\n(?=query = )/);
    expect(imports?.split('\n')).toEqual(['from servers import reply', 'from qdrant_client import QdrantClient, models']);
    expect(rest.join('\n')).toContain(
      ['def embed_2():', '    answer = reply("my/words", query)', '    vector = answer', '    return vector', 'vector_2 = embed_2()'].join(
        '\n',
      ),
    );
    expect(rest.join('\n')).toContain('models.Prefetch(query=vector_2, using="learned", limit=');
  });

  it('is none where one of them has no public client', () => {
    const half = { ...scene, catalogue: catalogue(['my/dense']) };
    expect(querySnippet(half, { url: 'http://127.0.0.1:6333', wantsKey: false })).toBeNull();
  });
});
