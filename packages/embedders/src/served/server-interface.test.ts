import { stripTypeScriptTypes } from 'node:module';
import { expect, it } from 'vitest';
import { createModelCatalogue } from '../model-catalogue.ts';
import { providers } from '../providers.ts';
import { builtInOf } from '../records/built-in-models.ts';

const entry = { provider: 'openai', model: 'x', baseUrl: 'http://127.0.0.1:8080/v1', dimensions: 8 } as const;
const models = {
  'mine/plain': { ...entry, apiKeyEnv: null },
  'mine/told': {
    ...entry,
    apiKeyEnv: 'MY_KEY',
    queryPrefix: 'Ask: "well"\n',
    queryBody: { task: 'query', 'odd-key': [1, null] },
    dimensionChoices: [4],
  },
};
const catalogue = createModelCatalogue({ config: { models }, env: {} });
const served = providers.filter(({ baseUrlVariable }) => baseUrlVariable !== null);
const names = [...served.flatMap(({ kind }) => Object.keys(builtInOf(kind)).map((name) => `${kind}/${name}`)), ...Object.keys(models)];

it.each(names)('code for queries of %s is TypeScript, at its own size and at another', (model) => {
  for (const dimensions of [null, 4]) {
    const code = catalogue.facts(model)?.queryCode(dimensions);
    expect(stripTypeScriptTypes(code?.typescript ?? '!')).toContain('const vector = ');
    expect(code?.python).toContain('vector = ');
  }
});

it('names the variable with the key, and none where the server wants none', () => {
  const code = (model: string) => catalogue.facts(model)?.queryCode(8);
  expect(code('mine/told')).toMatchObject({
    python: expect.stringMatching(/api_key=os\.environ\["MY_KEY"\].*extra_body=\{"task": "query", "odd-key": \[1, None\]\}/s),
    typescript: expect.stringContaining('apiKey: process.env.MY_KEY'),
  });
  expect(code('mine/plain')).toMatchObject({
    python: expect.stringMatching(/^from openai.*api_key="none"/s),
    typescript: expect.stringContaining("apiKey: 'none'"),
  });
});
