import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { mutations } from './mutations.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

it.each(mutations.filter(({ within }) => within !== null))(
  'core without $without is found out within $within seeds',
  async ({ name, within }) => {
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--mutation', name, '--from', '1', '--seeds', String(within)]);
    expect(stdout).toContain('broke a promise');
  },
  300_000,
);
