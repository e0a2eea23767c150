import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { keepSecret, keyFault, readHeader, shortFault } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { EnvHttpProxyAgent, fetch as send } from 'undici';
import type { ServedProfile } from '../records/model-profile.ts';
import type { Environment } from '../records/provider.ts';

/** How requests come to a server: through proxies, with headers, query parameters and a key that may expire. */
export type Access = {
  readonly fetch: typeof globalThis.fetch;
  /** Before each request, for a client would hide what goes wrong here. Throws `provider-unauthorized` where the key cannot be had. */
  renewKey(): Promise<void>;
  /** What must not be seen in anybody's words. */
  secrets(): readonly string[];
  close(): Promise<void>;
};

/**
 * No limit of its own on how long an answer takes (undici has five minutes): requestTimeoutMs is the one there is. HTTP_PROXY, HTTPS_PROXY and
 * NO_PROXY are obeyed, and NODE_EXTRA_CA_CERTS is by Node itself.
 */
export const patientDispatch = { headersTimeout: 0, bodyTimeout: 0 } as const;

/** A key is fetched anew after so long, in ms: those that expire live an hour or more, and a command takes a moment. */
const keyLastsMs = 300_000;

/** Throws `invalid-config` for a variable of `headers` that is not set. */
export function createAccess(profile: ServedProfile, apiKey: string | null, env: Environment): Access {
  const dispatcher = new EnvHttpProxyAgent(patientDispatch);
  const headers = headersOf(profile, env);
  const readKey = createKey(profile);
  let token: string | null = null;
  let closed: Promise<void> | undefined;
  const secrets = new Set([...(apiKey === null ? [] : [apiKey]), ...Object.values(headers)]);
  return {
    async renewKey() {
      token = await readKey();
      if (token !== null) secrets.add(token);
    },
    secrets: () => [...secrets],
    close() {
      closed ??= dispatcher.close();
      return closed;
    },
    async fetch(input, init) {
      const url = new URL(input instanceof Request ? input.url : input);
      for (const [name, value] of Object.entries(profile.query)) url.searchParams.set(name, value);
      const sent = new Headers(init?.headers);
      for (const [name, value] of Object.entries(headers)) sent.set(name, value);
      if (token !== null) sent.set('authorization', `Bearer ${token}`);
      // Node's types and undici's describe the same interface apart from each other.
      const options = { ...init, headers: [...sent], dispatcher } as unknown as Parameters<typeof send>[1];
      return (await send(url, options)) as unknown as Response;
    },
  };
}

function headersOf({ model, headers, baseUrl }: ServedProfile, env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([header, variable]) => {
      const { secret, fault } = readHeader(env, header, variable, baseUrl);
      if (secret === null || fault !== null)
        throw new ReembedError(
          'invalid-config',
          `${variable}, which headers.${header} of ${model} in reembed.config.yaml names, ${fault ?? 'is not set; set it in the environment of the workers'}`,
        );
      return [header.toLowerCase(), secret];
    }),
  );
}

/** The key of a file, read for each request, or of a command, run every few minutes; null where there is neither. */
function createKey({ model, apiKeyFile, apiKeyCommand, baseUrl }: ServedProfile): () => Promise<string | null> {
  const [program, ...words] = apiKeyCommand ?? [];
  let kept: { readonly key: string; readonly until: number } | null = null;
  return async () => {
    if (apiKeyFile !== null)
      return check({ model, baseUrl }, apiKeyFile, await readFile(apiKeyFile, 'utf8').catch(unreadable(model, apiKeyFile)));
    if (program === undefined) return null;
    if (kept !== null && performance.now() < kept.until) return kept.key;
    const { stdout } = await promisify(execFile)(program, words, { timeout: 60_000 }).catch(unreadable(model, program));
    kept = { key: check({ model, baseUrl }, program, stdout), until: performance.now() + keyLastsMs };
    return kept.key;
  };
}

function check({ model, baseUrl }: Pick<ServedProfile, 'model' | 'baseUrl'>, from: string, said: string): string {
  const key = said.trim();
  keepSecret(key);
  const fault = key === '' ? 'is empty' : (keyFault(key) ?? shortFault(key, baseUrl));
  if (fault === null) return key;
  throw new ReembedError('provider-unauthorized', `the key of ${model} that ${from} gives ${fault}`);
}

/** Nothing of what a program said is told: it may be the key. */
function unreadable(model: string, from: string): (error: unknown) => never {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new ReembedError(
      'provider-unauthorized',
      `the key of ${model} could not be had from ${from}${code}: check apiKeyFile or apiKeyCommand`,
    );
  };
}
