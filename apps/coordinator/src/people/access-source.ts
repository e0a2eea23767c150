import { readFile } from 'node:fs/promises';
import { type Access, accessSchema } from '@reembed/contracts';
import { inWords, ReembedError } from '@reembed/core';
import type { Logger } from 'pino';
import { parse } from 'yaml';

/** Who may do what, as the file of REEMBED_ACCESS says it now. */
export type AccessSource = {
  /** Null: there is no such file. */
  current(): Access | null;
  /** Calls back whenever it says something else. */
  onChange(listener: () => void): void;
  /** Reads the file again. What cannot be read changes nothing, and is logged once. */
  readAgain(): Promise<void>;
};

/** How often the file is looked at, in ms: it may be a link that a deployment moves, which a watch of files does not see. */
export const lookEveryMs = 5_000;

/** Reads the file; undefined: there is none. Throws `invalid-config`, naming file, field and rule. */
export async function openAccess(file: string | undefined, log: Logger): Promise<AccessSource> {
  if (file === undefined) return fixedAccess(null);
  const listeners: (() => void)[] = [];
  let text = await textOf(file);
  let access = read(text, file);
  let refused: string | null = null;
  return {
    current: () => access,
    onChange: (listener) => void listeners.push(listener),
    async readAgain() {
      try {
        const now = await textOf(file);
        const isNews = now !== text;
        if (isNews) access = read(now, file);
        [text, refused] = [now, null];
        if (!isNews) return;
        log.info({ file, tokens: access.tokens.length }, 'REEMBED_ACCESS says something else: it counts from now on');
        for (const listener of listeners) listener();
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        if (said !== refused) log.error({ file }, `${said}: what it said before goes on counting`);
        refused = said;
      }
    },
  };
}

/** What says the same for ever. */
export function fixedAccess(access: Access | null): AccessSource {
  return { current: () => access, onChange: () => undefined, readAgain: async () => undefined };
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ReembedError('invalid-config', `REEMBED_ACCESS (${file}): the file cannot be read`, { cause });
  });
}

function read(text: string, file: string): Access {
  const checked = accessSchema.safeParse(parseYaml(text, file));
  if (checked.success) return checked.data;
  // Of values nothing is said: somebody may have written a token where its hash belongs.
  const issues = checked.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'the file', value: 'not shown', message }));
  throw new ReembedError('invalid-config', inWords(`REEMBED_ACCESS (${file}) is malformed`, issues), { issues });
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text) ?? {};
  } catch {
    throw new ReembedError('invalid-config', `REEMBED_ACCESS (${file}) is no YAML`);
  }
}
