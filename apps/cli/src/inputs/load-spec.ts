import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exactInteger, type Spec } from '@reembed/contracts';
import { inWords, parseSpec, ReembedError } from '@reembed/core';
import { parseDocument } from 'yaml';
import { withoutIssues } from '../terminal/errors.ts';
import { readQueryFiles } from './query-files.ts';

/**
 * A spec from a YAML or JSON file (YAML reads both), with the queries and judgements of the files it names. Throws `invalid-spec`, naming
 * the file, and the line of such a file.
 */
export async function loadSpec(file: string): Promise<Spec> {
  const { spec, locate } = await readQueryFiles(parseYaml(await readSpecFile(file), file), dirname(file));
  try {
    return parseSpec(spec);
  } catch (error) {
    if (!(error instanceof ReembedError)) throw error;
    const issues = error.issues.map(locate);
    throw new ReembedError(error.code, inWords(`${file}: ${withoutIssues(error)}`, issues), { issues });
  }
}

/** The text of a spec file. Throws `invalid-spec` where it cannot be read. */
export async function readSpecFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new ReembedError('invalid-spec', `${file} ${why}: name a spec file in YAML or JSON`, { cause });
  }
}

function parseYaml(text: string, file: string): unknown {
  // Filters hold ids and numbers past 2^53.
  const document = parseDocument(text, { intAsBigInt: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw new ReembedError('invalid-spec', `${file} is neither YAML nor JSON: ${fault.message.trimEnd()}`);
  if (document.contents === null)
    throw new ReembedError(
      'invalid-spec',
      `${file} is empty: \`reembed init <collection> > ${file}\` drafts a spec, by asking, or with --yes`,
    );
  return document.toJS({ reviver: (_key, value) => (typeof value === 'bigint' ? exactInteger(value) : value) });
}
