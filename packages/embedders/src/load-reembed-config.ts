import { readFile } from 'node:fs/promises';
import { type ReembedConfig, reembedConfigSchema } from '@reembed/contracts';
import { isReembedError, ReembedError } from '@reembed/core';
import { parse } from 'yaml';

const defaultPath = './reembed.config.yaml';

/**
 * Reads reembed.config.yaml. Without a path the file in the working directory is read where there is one; a path that is given must
 * exist. Throws `invalid-config`, naming file, field and value.
 */
export async function loadReembedConfig(path?: string | undefined): Promise<ReembedConfig> {
  const file = path ?? defaultPath;
  const text = await readConfigFile(file, path !== undefined);
  return text === null ? { models: {} } : parseReembedConfig(text, file);
}

/** The text of a config file, checked; `file` is for the messages. */
export function parseReembedConfig(text: string, file: string): ReembedConfig {
  const document = parseYaml(text, file) ?? {};
  const checked = reembedConfigSchema.safeParse(document);
  if (checked.success) return checked.data;
  const issues = checked.error.issues.map(({ path, message }) => {
    const field = path.map(String).join('.');
    const value = show(valueAt(document, path));
    return { field, value, message: `${message}, found ${value}` };
  });
  const list = issues.map(({ field, message }) => `${field || 'the file'}: ${message}`).join('; ');
  throw new ReembedError('invalid-config', `${file} is malformed: ${list}`, { issues });
}

async function readConfigFile(file: string, wanted: boolean): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (absent && !wanted) return null;
    throw new ReembedError('invalid-config', `${file} ${absent ? 'does not exist' : 'cannot be read'}; check the path`, { cause });
  }
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (isReembedError(cause)) throw cause;
    const what = cause instanceof Error ? cause.message.split('\n')[0] : 'it cannot be parsed';
    throw new ReembedError('invalid-config', `${file} is no YAML: ${what}`);
  }
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], document);
}

/** Short, and never a whole subtree: somebody may have written a key where its variable's name belongs. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return value.length > 40 ? `a text of ${value.length} characters` : JSON.stringify(value);
  return Array.isArray(value) ? 'a list' : `the fields ${Object.keys(value).join(', ') || '(none)'}`;
}
