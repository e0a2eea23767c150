import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readVariableFiles } from './variable-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'reembed-secrets-'));
const file = join(dir, 'key');
writeFileSync(file, 'a key\nof two lines\n');
afterAll(() => rmSync(dir, { recursive: true }));

it.each(['QDRANT_API_KEY', 'OPENAI_API_KEY', 'REEMBED_TOKEN', 'REDIS_URL', 'MY_OWN_KEY'])(
  '%s is what stands in the file that its _FILE names',
  async (name) => {
    const env: Record<string, string | undefined> = { [`${name}_FILE`]: file };
    await readVariableFiles(env);
    expect(env).toEqual({ [name]: 'a key\nof two lines' });
  },
);

it('leaves variables of others as they are, and empty ones', async () => {
  const env = { SSL_CERT_FILE: file, REEMBED_TOKEN_FILE: '' };
  await readVariableFiles(env);
  expect(env).toEqual({ SSL_CERT_FILE: file, REEMBED_TOKEN_FILE: '' });
});

it('refuses a file that is not there, and a value that is said twice', async () => {
  await expect(readVariableFiles({ QDRANT_API_KEY_FILE: join(dir, 'none') })).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringContaining('QDRANT_API_KEY_FILE'),
  });
  await expect(readVariableFiles({ REEMBED_TOKEN: 'a', REEMBED_TOKEN_FILE: file })).rejects.toThrow('both set');
});
