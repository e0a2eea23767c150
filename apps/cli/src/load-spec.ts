import { readFile } from 'node:fs/promises';
import type { Spec } from '@reembed/contracts';
import { parseSpec, ReembedError } from '@reembed/core';
import { parseDocument } from 'yaml';

/** A spec from a YAML or JSON file (YAML reads both). Throws `invalid-spec` or `not-available-yet`, naming the file. */
export async function loadSpec(file: string): Promise<Spec> {
  const input = parseYaml(await readSpecFile(file), file);
  try {
    return parseSpec(input);
  } catch (error) {
    throw error instanceof ReembedError ? new ReembedError(error.code, `${file}: ${error.message}`, { issues: error.issues }) : error;
  }
}

async function readSpecFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new ReembedError('invalid-spec', `${file} ${why}: name a spec file in YAML or JSON`, { cause });
  }
}

function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault !== undefined) throw new ReembedError('invalid-spec', `${file} is neither YAML nor JSON: ${fault.message.trimEnd()}`);
  return document.toJS();
}
