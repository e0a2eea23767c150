import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeFields } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { providers } from './providers.ts';
import { loadReembedConfig, parseReembedConfig, reembedConfigSchema } from './reembed-config.ts';

describe('reembed.config.yaml', () => {
  it('is read from the path given', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'reembed-config-'));
    try {
      const file = join(directory, 'models.yaml');
      await writeFile(file, 'models:\n  tei/bge-m3:\n    provider: openai\n    baseUrl: http://tei:80/v1\n    apiKeyEnv: null\n');
      expect(await loadReembedConfig(file)).toEqual({
        models: { 'tei/bge-m3': { provider: 'openai', baseUrl: 'http://tei:80/v1', apiKeyEnv: null } },
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it.each([['the file', reembedConfigSchema] as const, ...providers.map(({ kind, entry }) => [kind, entry] as const)])(
    'has every field described in a sentence: %s',
    (_, schema) => {
      const undescribed = describeFields(schema).filter(({ description = '' }) => !/^[A-Z].*\.$/s.test(description));
      expect(undescribed.map(({ path }) => path)).toEqual([]);
    },
  );

  it('may be absent where no path is given, but not where one is', async () => {
    expect(await loadReembedConfig(undefined)).toEqual({ models: {} });
    await expect(loadReembedConfig('/nowhere/reembed.yaml')).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringMatching(/nowhere.*does not exist/),
    });
  });

  it.each([
    ['models:\n  a/b: { provider: opnai }', 'models.a/b.provider', '"opnai"'],
    ['models:\n  a/b: { provider: openai, limits: { maxInputs: 0 } }', 'models.a/b.limits.maxInputs', '0'],
    ['models:\n  a/b: { provider: openai, colour: red }', 'models.a/b', 'colour'],
    ['models:\n  a/b: { provider: openai, folder: mine }', 'models.a/b.folder', 'transformers only'],
    ['models:\n  a/b: { provider: transformers, baseUrl: "http://x/v1" }', 'models.a/b.baseUrl', 'not for the provider'],
    ['models:\n  a/b: { provider: hash, documentPrefix: "passage: " }', 'models.a/b.documentPrefix', 'not for the provider hash'],
    ['models:\n  a/b: { provider: cohere, encodingFormat: base64 }', 'models.a/b.encodingFormat', 'for the provider'],
    ['models:\n  a/b: { provider: openai, is: bge-m4 }', 'models.a/b.is', '"bge-m4"'],
    ['models:\n  a/b: { provider: transformers, is: bge-m3 }', 'models.a/b.is', 'not for the provider'],
    ['models:\n  a/b: { provider: transformers, folder: mine, revision: v2 }', 'models.a/b.revision', 'of the hub'],
    ['models:\n  a/b: { provider: transformers, dtype: q4 }', 'models.a/b.dtype', '"q4"'],
    ['model: {}', 'the file', 'model'],
  ])('%j is refused with file, field and value', (text, field, value) => {
    expect(() => parseReembedConfig(text, 'conf.yaml')).toThrow(
      expect.objectContaining({ code: 'invalid-config', message: expect.stringMatching(new RegExp(`conf.yaml.*${field}.*${value}`)) }),
    );
  });

  it.each(['models: [', 'models:\n  a/b: {}\n  a/b: {}'])('%j is refused as YAML', (text) => {
    expect(() => parseReembedConfig(text, 'conf.yaml')).toThrow(
      expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining('conf.yaml is no YAML') }),
    );
  });

  it.each([
    'models:\n  a/b: { provider: openai, apiKeyEnv: sk-secret-1 }',
    'models:\n  a/b: { provider: openai, apiKey: sk-secret-1 }',
    'models:\n  a/b: { provider: openai, baseUrl: "http://me:sk-secret-1@host/v1" }',
    'models:\n  a/b: { provider: openai, baseUrl: sk-secret-1 }',
    'textSources: [{ url: "http://host/texts", apiKeyEnv: sk-secret-1 }]',
    'textSources: [{ url: "http://me:sk-secret-1@host/texts" }]',
    'models:\n  a/b: { provider: openai, baseUrl: "https://host/v1?api-key=sk-secret-1" }',
  ])('%j is refused without repeating the key', (text) => {
    let thrown: unknown;
    try {
      parseReembedConfig(text, 'conf.yaml');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'invalid-config' });
    expect(String(thrown) + JSON.stringify(thrown)).not.toContain('sk-secret-1');
  });
});
