import type { FastifyRequest } from 'fastify';

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
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
