import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Issue } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { parseQrels } from './parse-qrels.ts';
import { type Located, parseQueries } from './parse-queries.ts';

const parsers = { queries: parseQueries, qrels: parseQrels } as const;
const fields = ['queries', 'qrels'] as const;
type Field = (typeof fields)[number];

type ListFile = { readonly file: string; readonly rows: readonly Located<unknown>[] };

export type SpecWithFiles = {
  /** The spec with the files' contents in place of their names: what is sent. */
  readonly spec: unknown;
  /** An issue of that spec, with file and line where it stands in one. */
  readonly locate: (issue: Issue) => Issue;
};

/**
 * Puts the contents of the files that `gates.queries` and `gates.qrels` name in their places. Names are relative to `folder`, the spec's
 * own. Throws `invalid-spec` where a file cannot be read or parsed.
 */
export async function readQueryFiles(spec: unknown, folder: string): Promise<SpecWithFiles> {
  const gates = field(spec, 'gates');
  const files: Partial<Record<Field, ListFile>> = {};
  for (const name of fields) {
    const file = field(gates, name);
    if (typeof file === 'string') files[name] = { file, rows: parsers[name](await readListFile(resolve(folder, file), name), file) };
  }
  const lists = Object.fromEntries(Object.entries(files).map(([name, { rows }]) => [name, rows.map(({ value }) => value)]));
  return {
    spec: Object.keys(lists).length === 0 ? spec : { ...Object(spec), gates: { ...Object(gates), ...lists } },
    locate: (issue) => locate(issue, files),
  };
}

/** `gates.qrels.12.query` becomes `qrels.tsv:14 query`. */
function locate(issue: Issue, files: Partial<Record<Field, ListFile>>): Issue {
  const [, name, index, column = ''] = /^gates\.(queries|qrels)(?:\.(\d+))?(?:\.(\w+))?$/.exec(issue.field) ?? [];
  const list = name === undefined ? undefined : files[name as Field];
  if (list === undefined) return issue;
  const line = index === undefined ? undefined : list.rows[Number(index)]?.line;
  return { ...issue, field: line === undefined ? `gates.${name} (${list.file})` : `${list.file}:${line} ${column}`.trimEnd() };
}

async function readListFile(path: string, name: Field): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new ReembedError('invalid-spec', `gates.${name}: ${path} ${why}: name a file relative to the spec, or write the list itself`, {
      cause,
    });
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
