import { readFile } from 'node:fs/promises';

/** Names that we read: of ours and of servers, and whatever is a key or a secret of somebody. Not `SSL_CERT_FILE`, which is OpenSSL's. */
const ours = /^((REEMBED|QDRANT|REDIS|OPENAI|COHERE|HF)_\w+|\w+_(KEY|TOKEN|SECRET|PASSWORD))_FILE$/;

type Environment = Record<string, string | undefined>;

/**
 * Variables whose value is in a file, as container platforms mount secrets: with `QDRANT_API_KEY_FILE` naming a file, `QDRANT_API_KEY` is what
 * stands in it, without the line break at its end. Changes `env`, where the name of the file then stands no more: processes that are started
 * with it do not read it again. Throws `invalid-config` where a file cannot be read, or where both variables are set.
 */
export async function readVariableFiles(env: Environment): Promise<void> {
  for (const [name, file] of Object.entries(env)) {
    if (!file || !ours.test(name)) continue;
    const variable = name.slice(0, -'_FILE'.length);
    if (env[variable]) throw await refused(`${variable} and ${name} are both set: take one away`);
    try {
      env[variable] = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    } catch (cause) {
      throw await refused(`${name} names ${file}, which cannot be read (${cause instanceof Error ? cause.message : cause})`, cause);
    }
    delete env[name];
  }
}

/** Loaded where it is thrown: the help of the command line is there before all of core is. */
async function refused(message: string, cause?: unknown): Promise<Error> {
  const { ReembedError } = await import('@reembed/core/error');
  return new ReembedError('invalid-config', message, { cause });
}
