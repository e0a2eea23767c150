import { describe, expect, it } from 'vitest';
import {
  commandLineSettingsSchema,
  coordinatorSettingsSchema,
  redactSettings,
  settingsFromEnv,
  settingsOf,
  workerSettingsSchema,
} from './settings.ts';

const schemas = { worker: workerSettingsSchema, coordinator: coordinatorSettingsSchema, 'command line': commandLineSettingsSchema };

describe.each(Object.entries(schemas))('settings of the %s', (_, schema) => {
  it('has a variable and a sentence for each, and a default for all', () => {
    for (const { meta } of settingsOf(schema)) {
      expect(meta.env).toMatch(/^[A-Z_]+$/);
      expect(meta.description).toMatch(/\.$/);
    }
    expect(schema.safeParse({}).success).toBe(true);
  });

  it('gives every variable once', () => {
    const variables = settingsOf(schema).map(({ meta }) => meta.env);
    expect(new Set(variables).size).toBe(variables.length);
  });
});

it.each([workerSettingsSchema, coordinatorSettingsSchema])('takes an empty variable for none', (schema) => {
  expect(settingsFromEnv(schema, { QDRANT_URL: '', REDIS_URL: 'redis://r', OTHER: 'x' })).toEqual({ redisUrl: 'redis://r' });
});

it('shows no secret', () => {
  const settings = { token: 'a very secret token', qdrantApiKey: 'key', redisUrl: 'redis://:pw@r', port: 1 };
  const shown = redactSettings(coordinatorSettingsSchema, settings);
  expect(shown).toMatchObject({ token: '(set)', qdrantApiKey: '(set)', redisUrl: '(set)', port: 1 });
  expect(redactSettings(coordinatorSettingsSchema, {})).toMatchObject({ token: undefined });
  const addressed = { qdrantUrl: 'https://me:pw@host:6333', filesDir: './files@home' };
  expect(redactSettings(coordinatorSettingsSchema, addressed)).toMatchObject({
    qdrantUrl: 'https://…@host:6333',
    filesDir: './files@home',
  });
});
