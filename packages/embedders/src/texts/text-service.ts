import { openAddress, type PointId, quoteForeign, readSecret } from '@reembed/contracts';
import { isReembedError, ReembedError } from '@reembed/core';
import type { Response } from 'undici';
import { z } from 'zod';
import type { ReachOut } from '../reach/reach-out.ts';
import { createRequestSignal, quoteProvider, readSystemCode, waitOf } from '../replies/request-ending.ts';
import { readAnswer } from './read-fields.ts';

/** One entry of `textSources:` in reembed.config.yaml: how the service at `source.textFrom.url` is asked. */
export const textSourceConfigSchema = z.strictObject({
  url: openAddress('name the variable with the key as apiKeyEnv').meta({ description: 'The address of the service, as specs write it.' }),
  apiKeyEnv: z
    .string()
    .nullable()
    .default(null)
    .meta({ description: 'The name of the environment variable that holds the key; null: the service wants none.' }),
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'is not the name of a header')
    .nullable()
    .default(null)
    .meta({ description: 'The header that carries the key as it is; null: `Authorization: Bearer <key>`.' }),
  requestTimeoutMs: z.int().positive().default(30_000).meta({ description: 'How long one request may take, in ms.' }),
});
export type TextSourceConfig = z.infer<typeof textSourceConfigSchema>;

/** The service at the address of a spec, as `textSources` of reembed.config.yaml says to ask it. */
export function textServiceOf(url: string, textSources: readonly TextSourceConfig[] = []): TextSourceConfig {
  return textSources.find((source) => source.url === url) ?? { url, ...textSourceConfigSchema.omit({ url: true }).parse({}) };
}

export type TextServiceAccess = { readonly env: Readonly<Record<string, string | undefined>>; readonly reachOut: ReachOut };

/**
 * One request: `POST {"ids": ["812", "uuid…"]}`, answered by `{"texts": {"812": "…", "uuid…": {"title": "…"}}}`. Errors as the port
 * TextSources says, and `address-not-allowed`.
 */
export async function askTextService(
  service: TextSourceConfig,
  { env, reachOut }: TextServiceAccess,
  ids: readonly PointId[],
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const key = readKey(service, env);
  const body = JSON.stringify({ ids: ids.map(({ id }) => id) });
  using ending = createRequestSignal(signal, service.requestTimeoutMs);
  try {
    // A redirect is not followed: the key goes to the address it is for.
    const reply = await reachOut.post(service.url, { headers: headersOf(service, key), body, signal: ending.signal });
    const answer = await readWhole(service, reply, ids.length);
    if (!reply.ok) throw refusal(service, key, reply, answer);
    const found = readAnswer(answer, ids);
    if (found !== null) return found;
    throw new ReembedError(
      'text-source-bad-reply',
      `${nameOf(service)} did not answer with {"texts": {"<id>": "<text>" or {"<field>": …}}}: mend it, or check the address`,
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (isReembedError(error)) throw error;
    throw silence(service, ending.timedOut, error);
  }
}

/** What a process can hold beside its other pages. */
const longestAnswer = 64 << 20;

async function readWhole(service: TextSourceConfig, { body }: Response, asked: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > longestAnswer)
      throw new ReembedError(
        'text-source-refused',
        `${nameOf(service)} answered ${asked} ids with more than ${longestAnswer} bytes: lower copy.pagePoints, or have it send only what the templates read`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function headersOf({ header }: TextSourceConfig, key: string | null): Record<string, string> {
  const plain = { 'content-type': 'application/json', accept: 'application/json' };
  if (key === null) return plain;
  return header === null ? { ...plain, authorization: `Bearer ${key}` } : { ...plain, [header]: key };
}

function readKey(service: TextSourceConfig, env: Readonly<Record<string, string | undefined>>): string | null {
  if (service.apiKeyEnv === null) return null;
  const { secret: key, fault } = readSecret(env, service.apiKeyEnv, service.url);
  if (fault !== null) throw new ReembedError('text-source-unauthorized', `${service.apiKeyEnv}, the key of ${nameOf(service)}, ${fault}`);
  if (key !== null) return key;
  throw new ReembedError(
    'text-source-unauthorized',
    `${nameOf(service)} wants a key and ${service.apiKeyEnv} is not set: set it in the environment of this process`,
  );
}

function refusal(service: TextSourceConfig, key: string | null, { status, headers }: Response, answer: string): ReembedError {
  const quote = quoteProvider(answer, key === null ? [] : [key], []);
  const said = `${nameOf(service)} answered ${status}${quote === '' ? '' : `; ${quoteForeign(quote)}`}`;
  const retryAfterMs = waitOf(headers);
  if (status === 429) return new ReembedError('text-source-rate-limited', said, { retryAfterMs });
  if (status >= 500 || [408, 425].includes(status)) return new ReembedError('text-source-unreachable', said, { retryAfterMs });
  if (status === 401 || status === 403) return new ReembedError('text-source-unauthorized', `${said}; ${keyAdvice(service)}`);
  const advice =
    status < 400 ? 'redirects are not followed: name the address itself' : 'mend the service or source.textFrom.url, then resume';
  return new ReembedError('text-source-refused', `${said}; ${advice}`);
}

function keyAdvice({ apiKeyEnv }: TextSourceConfig): string {
  return apiKeyEnv === null
    ? 'name the environment variable of its key under textSources in reembed.config.yaml'
    : `check the key in ${apiKeyEnv}`;
}

function silence(service: TextSourceConfig, timedOut: boolean, error: unknown): ReembedError {
  const code = readSystemCode(error);
  const what = timedOut
    ? `gave no answer within ${service.requestTimeoutMs} ms`
    : `could not be reached${code === undefined ? '' : ` (${code})`}: check the address and the network`;
  return new ReembedError('text-source-unreachable', `${nameOf(service)} ${what}`, { cause: code });
}

/** Host and port: a path or query may hold what is not for logs. */
function nameOf({ url }: TextSourceConfig): string {
  return `the text service at ${new URL(url).host}`;
}
