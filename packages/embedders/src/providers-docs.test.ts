import { readFileSync } from 'node:fs';
import { startStubProvider } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createModelCatalogue } from './model-catalogue.ts';
import { parseReembedConfig } from './reembed-config.ts';

const page = readFileSync(new URL('../../../docs/providers.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].flatMap(([, yaml = '']) =>
  Object.entries(parseReembedConfig(yaml, 'docs/providers.md').models),
);
const secret = 'a-secret-of-the-environment';

it.each(examples)('the example of %s embeds a document and a query, each with what it says', async (model, entry) => {
  await using stub = await startStubProvider({ dimensions: entry.dimensions ?? 0 });
  const variables = [entry.apiKeyEnv, ...Object.values(entry.headers ?? {})].flatMap((name) => name ?? []);
  const env = Object.fromEntries(variables.map((name) => [name, secret]));
  const models = { [model]: { ...entry, baseUrl: stub.openAiBaseUrl } };
  const embedder = createModelCatalogue({ config: { models }, env }).embedder(model);
  for (const kind of ['document', 'query'] as const) {
    expect((await embedder.embed(['a text'], { kind })).dimensions).toBe(entry.dimensions);
    const said = kind === 'document' ? entry.documentBody : entry.queryBody;
    const headers = Object.fromEntries(Object.keys(entry.headers ?? {}).map((name) => [name, secret]));
    expect(stub.log.at(-1)).toMatchObject({ body: said ?? {}, headers, query: entry.query ?? {} });
    if (entry.apiKeyEnv) expect(stub.log.at(-1)?.authorization).toBe(`Bearer ${secret}`);
  }
  await embedder.close();
});

it('has examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(6);
});
