import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** The hook that lets requests pass or answers 401 or 403. Health is open to all; nobody acts from the page of another site. */
export function guard(token: string | undefined) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    if (isOfAnotherSite(request)) {
      const message = 'acts are not taken from the page of another site; use the address that the coordinator itself is opened by';
      return reply.status(403).send({ code: 'unauthorized', message });
    }
    if (/^\/(healthz|readyz)$/.test(request.url) || mayPass(request, token)) return undefined;
    if (token === undefined) {
      return reply.status(403).send({
        code: 'unauthorized',
        message: `without a token only loopback names are served, not ${request.hostname}; set REEMBED_TOKEN`,
      });
    }
    const message = 'send the token: Authorization: Bearer …, or in a browser any user name with the token as password';
    return reply.status(401).header('www-authenticate', 'Basic realm="reembed"').send({ code: 'unauthorized', message });
  };
}

/**
 * Whether a request may pass. With a token: a bearer token, or basic authentication with the token as password, which a browser can send
 * to Bull Board. Without one the server is on loopback, and a page of another site that got itself a name for 127.0.0.1 is turned away.
 */
export function mayPass(request: Pick<FastifyRequest, 'headers' | 'hostname'>, token: string | undefined): boolean {
  if (token === undefined) return isLoopback(request.hostname);
  // A token may have spaces.
  const [, scheme = '', credentials = ''] = /^(\S+) +(.*)$/.exec(request.headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return same(credentials, token);
  if (scheme.toLowerCase() === 'basic') return same(passwordOf(credentials), token);
  return false;
}

/**
 * Whether a browser says that an act comes from a page of another site, which may send what the browser of somebody who is let in sends: on
 * loopback everybody is. Newer browsers say it in words of their own that no page can set, older ones name the page; programs say nothing.
 */
export function isOfAnotherSite({ method, headers, host }: Pick<FastifyRequest, 'method' | 'headers' | 'host'>): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return false;
  const from = headers['sec-fetch-site'];
  if (from !== undefined) return from !== 'same-origin' && from !== 'none';
  const { origin } = headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}

function passwordOf(credentials: string): string {
  return Buffer.from(credentials, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
}

function same(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
