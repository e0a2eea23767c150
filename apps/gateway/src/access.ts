import type { IncomingMessage } from 'node:http';
import { isLoopback } from '@reembed/contracts';
import { isOfAnotherSite, isSameSecret } from '@reembed/process';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What belongs to one connection, and what is made anew on the next. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
]);

/** Without what belongs to the connection that it came by. */
export function sentOn(headers: Headers): Headers {
  const named =
    headers.connection === undefined
      ? []
      : String(headers.connection)
          .toLowerCase()
          .split(',')
          .map((name) => name.trim());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !named.includes(name)));
}

/**
 * The headers that Qdrant is sent. With a token the application's key is that, and Qdrant is sent the gateway's own; without, the
 * application's own key goes before it.
 */
export function headersOf(headers: Headers, token: string | undefined): Headers {
  const { authorization, 'api-key': key, ...rest } = sentOn(headers);
  return token === undefined ? { ...rest, ...(authorization && { authorization }), ...(key && { 'api-key': key }) } : rest;
}

/** Why a request is not served; null: it is. The token comes as the official clients send an API key. */
export function refusalOf({ method = '', headers }: Pick<IncomingMessage, 'method' | 'headers'>, token: string | undefined) {
  const { host = '' } = headers;
  if (isOfAnotherSite({ method, headers, host })) return { status: 403, message: 'requests are not taken from the page of another site' };
  if (token !== undefined) {
    const { authorization = '', 'api-key': key } = headers;
    const sent = typeof key === 'string' ? key : authorization.replace(/^bearer +/i, '');
    return isSameSecret(sent, token) ? null : { status: 401, message: 'send the token of the gateway as the API key' };
  }
  const name = host.replace(/:\d*$/, '');
  if (isLoopback(name)) return null;
  const asked = name === '' ? 'a request that names no host' : name;
  return { status: 403, message: `without a token only loopback names are served, not ${asked}; set REEMBED_GATEWAY_TOKEN` };
}
