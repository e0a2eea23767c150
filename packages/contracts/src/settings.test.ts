import { describe, expect, it } from 'vitest';
import {
  commandLineSettingsSchema,
  coordinatorSettingsSchema,
  redactSetting,
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
  expect(redactSetting(settingsOf(coordinatorSettingsSchema)[0]?.meta, 'me:pw@host:6333', '')).toBe('…@host:6333');
  const shown = redactSettings(coordinatorSettingsSchema, settings);
  expect(shown).toMatchObject({ token: '(set)', qdrantApiKey: '(set)', redisUrl: '(set)', port: 1 });
  expect(redactSettings(coordinatorSettingsSchema, {})).toMatchObject({ token: undefined });
  const addressed = { qdrantUrl: 'https://me:pw@host:6333', filesDir: './files@home' };
  expect(redactSettings(coordinatorSettingsSchema, addressed)).toMatchObject({
    qdrantUrl: 'https://…@host:6333',
    filesDir: './files@home',
  });
});

it.each([
  ['localhost:6333', 'http://localhost:6333'],
  [' https://cloud.example:443/qdrant\n', 'https://cloud.example:443/qdrant'],
  ['http://me:pw@host', 'http://me:pw@host'],
  ['[::1]:6333', 'http://[::1]:6333'],
])('QDRANT_URL may be written as %j', (given, qdrantUrl) => {
  expect(commandLineSettingsSchema.parse({ qdrantUrl: given })).toMatchObject({ qdrantUrl });
});

it.each([
  [{ qdrantUrl: 'grpc://localhost:6334' }, 'wants an address that begins with http:// or https://, such as http://localhost:6333'],
  [{ qdrantUrl: 'http://' }, 'wants an address such as http://localhost:6333'],
  [{ qdrantUrl: 'my qdrant' }, 'wants an address such as http://localhost:6333'],
  [{ redisUrl: 'http://r' }, 'wants an address such as redis://localhost:6379'],
  [{ qdrantApiKey: 'schlüssel' }, expect.stringContaining('a letter beyond ASCII')],
  [{ qdrantApiKey: 'a\nb' }, expect.stringContaining('a line break in the middle')],
  [{ token: 'short' }, 'wants at least 16 characters'],
])('%j is one clear sentence', (settings, message) => {
  const { error } = coordinatorSettingsSchema.safeParse(settings);
  expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
});

it('takes a key with the line end of the file it came from', () => {
  expect(coordinatorSettingsSchema.parse({ qdrantApiKey: 'key\r\n' })).toMatchObject({ qdrantApiKey: 'key' });
});
