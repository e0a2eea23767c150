import { coordinatorSettingsSchema, workerSettingsSchema } from '@reembed/contracts';
import { isReembedError, type ReembedError } from '@reembed/core';
import { describe, expect, it } from 'vitest';
import { loadSettings } from './load-settings.ts';

function refused(env: Record<string, string>, flags: Record<string, unknown> = {}): ReembedError {
  try {
    loadSettings(coordinatorSettingsSchema, env, flags);
  } catch (error) {
    if (isReembedError(error)) return error;
  }
  throw new Error('it was not refused');
}

describe('loadSettings', () => {
  it('has a default for everything, and is frozen', () => {
    const settings = loadSettings(workerSettingsSchema, {});
    expect(settings).toMatchObject({ qdrantUrl: 'http://127.0.0.1:6333', concurrency: 4, logLevel: 'info' });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('takes variables, and flags before variables', () => {
    const env = { REEMBED_PORT: '1234', REEMBED_HOST: '::1', REEMBED_BOARD_WRITABLE: 'yes' };
    const settings = loadSettings(coordinatorSettingsSchema, env, { port: 99, host: undefined });
    expect(settings).toMatchObject({ port: 99, host: '::1', boardWritable: true });
  });

  it.each([
    [{ REEMBED_PORT: '65536' }, 'REEMBED_PORT', '65536', 'The port to listen on'],
    [{ REEMBED_RECONCILE_MS: 'soon' }, 'REEMBED_RECONCILE_MS', 'soon', 'in ms'],
    [{ QDRANT_URL: 'not a url' }, 'QDRANT_URL', 'not a url', 'address of Qdrant'],
    [{ REEMBED_LOG: 'loud' }, 'REEMBED_LOG', 'loud', 'How much is logged'],
  ])('refuses %j: variable, value and sentence', (env, field, value, sentence) => {
    const { code, message, issues } = refused(env);
    expect(code).toBe('invalid-config');
    expect(issues).toMatchObject([{ field, value }]);
    expect(message).toContain(JSON.stringify(value));
    expect(message).toContain(sentence);
  });

  it('names every fault at once', () => {
    expect(
      refused({ REEMBED_PORT: '-1', REEMBED_LOG: 'loud' })
        .issues.map(({ field }) => field)
        .sort(),
    ).toEqual(['REEMBED_LOG', 'REEMBED_PORT']);
  });

  it.each([{ REEMBED_TOKEN: 'too-short' }, { REDIS_URL: 'hunter2' }])('shows no secret in what it refuses: %j', (env) => {
    const error = refused(env);
    expect(JSON.stringify(error) + error.message + JSON.stringify(error.issues)).not.toContain(Object.values(env)[0]);
    expect(error.message).toContain('(secret)');
  });

  it('shows an address that it refuses without its password', () => {
    expect(refused({ QDRANT_URL: 'http://me:p/w@host' }).issues).toMatchObject([{ field: 'QDRANT_URL', value: 'http://…@host' }]);
  });

  it.each<[Record<string, string>, string]>([
    [{ QDRANT_URL: 'http://qdrant:6333', QDRANT_API_KEY: 'q1w2' }, 'QDRANT_API_KEY'],
    [{ REDIS_URL: 'redis://:q1w2@redis:6379' }, 'REDIS_URL'],
    [{ QDRANT_URL: 'http://me:q1w2@qdrant:6333' }, 'QDRANT_URL'],
  ])('refuses a secret that could not be kept out of a log, unless it stays on this machine: %j', (env, variable) => {
    const error = refused(env);
    expect(error.issues.map(({ field }) => field)).toEqual([variable]);
    expect(error.message).toContain('fewer than 6 characters');
    expect(JSON.stringify(error) + error.message).not.toContain('q1w2');
    const here = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace(/qdrant|(?<=@)redis/, '127.0.0.1')]));
    expect(loadSettings(coordinatorSettingsSchema, here)).toMatchObject({ port: 8765 });
  });

  it('refuses a flag that is no setting', () => {
    expect(refused({}, { prot: 1 }).message).toContain('prot');
  });
});
