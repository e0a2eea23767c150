import type { QueryCode } from '@reembed/core';
import type { ServedProfile } from '../records/model-profile.ts';
import { readSystemCode, waitOf } from '../replies/request-ending.ts';
import type { Access } from './access.ts';
import type { ProviderFault } from './provider-fault.ts';
import { pythonLiteral } from './python-literal.ts';
import { queryInput } from './server-interface.ts';

/** An answer that is no success, with what it says. */
class Refusal extends Error {
  readonly fault: ProviderFault;

  constructor(fault: ProviderFault) {
    super('the server refuses');
    this.fault = fault;
  }
}

/** One POST of JSON to a path below the server's address, for interfaces that have no client library. Throws what `readPostFault` reads. */
export async function postJson(
  { baseUrl, vendorUrl }: ServedProfile,
  { fetch }: Pick<Access, 'fetch'>,
  path: string,
  { body, apiKey, signal }: { readonly body: unknown; readonly apiKey: string | null; readonly signal: AbortSignal },
): Promise<unknown> {
  const headers = { 'content-type': 'application/json', ...(apiKey !== null && { authorization: `Bearer ${apiKey}` }) };
  const answer = await fetch(addressOf({ baseUrl, vendorUrl }, path), { method: 'POST', headers, body: JSON.stringify(body), signal });
  const text = await answer.text();
  if (!answer.ok)
    throw new Refusal({ status: answer.status, words: wordsOf(text), retryAfterMs: waitOf(answer.headers, Number.POSITIVE_INFINITY) });
  return JSON.parse(text);
}

function addressOf({ baseUrl, vendorUrl }: Pick<ServedProfile, 'baseUrl' | 'vendorUrl'>, path: string): string {
  return `${(baseUrl ?? vendorUrl).replace(/\/+$/, '')}${path}`;
}

/** Code that posts one query and has the answer's JSON as `reply`. `field`: of the texts; `body`: what else is said. */
export function postCode(profile: ServedProfile, path: string, field: string, body: Readonly<Record<string, unknown>>): QueryCode {
  const { apiKeyEnv, queryBody } = profile;
  const [address, input, rest] = [JSON.stringify(addressOf(profile, path)), queryInput(profile), { ...body, ...queryBody }];
  const key = {
    python: apiKeyEnv === null ? '' : `headers={"authorization": "Bearer " + os.environ["${apiKeyEnv}"]}, `,
    typescript: apiKeyEnv === null ? '' : `, authorization: \`Bearer \${process.env.${apiKeyEnv}}\``,
  };
  return {
    python: [
      ...(apiKeyEnv === null ? [] : ['import os']),
      'import requests',
      `reply = requests.post(${address}, ${key.python}json={"${field}": [${input}], **${pythonLiteral(rest)}}).json()`,
    ].join('\n'),
    typescript: [
      `const reply = await (await fetch(${address}, { method: 'POST', headers: { 'content-type': 'application/json'${key.typescript} },`,
      `  body: JSON.stringify({ ${field}: [${input}], ...${JSON.stringify(rest)} }) })).json();`,
    ].join('\n'),
  };
}

export function readPostFault(error: unknown): ProviderFault {
  if (error instanceof SyntaxError) return { unreadable: true };
  return error instanceof Refusal ? error.fault : { systemCode: readSystemCode(error) };
}

/** What an answer says of its error: `error` as a text or with a `message`, `message`, or `detail`; else all of it. */
function wordsOf(text: string): string {
  try {
    const said: unknown = JSON.parse(text);
    const { error, message, detail } = Object(said) as { error?: unknown; message?: unknown; detail?: unknown };
    const words = typeof error === 'object' && error !== null && 'message' in error ? error.message : (error ?? message ?? detail);
    return typeof words === 'string' ? words : text;
  } catch {
    return text;
  }
}
