import { readFile } from 'node:fs/promises';
import { type Access, accessSchema } from '@reembed/contracts';
import { inWords, ReembedError } from '@reembed/core';
import { parse } from 'yaml';

/** Reads the file that REEMBED_ACCESS names; null: there is none. Throws `invalid-config`, naming file, field and rule. */
export async function loadAccess(file: string | undefined): Promise<Access | null> {
  if (file === undefined) return null;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ReembedError('invalid-config', `REEMBED_ACCESS (${file}): the file cannot be read`, { cause });
  });
  const read = accessSchema.safeParse(parseYaml(text, file));
  if (read.success) return read.data;
  // Of values nothing is said: somebody may have written a token where its hash belongs.
  const issues = read.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'the file', value: 'not shown', message }));
  throw new ReembedError('invalid-config', inWords(`REEMBED_ACCESS (${file}) is malformed`, issues), { issues });
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text) ?? {};
  } catch {
    throw new ReembedError('invalid-config', `REEMBED_ACCESS (${file}) is no YAML`);
  }
}
