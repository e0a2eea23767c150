import { createHash, timingSafeEqual } from 'node:crypto';

type Asked = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly host: string;
};

/**
 * Whether a browser says that an act comes from a page of another site, which may send what the browser of somebody who is let in sends: on
 * loopback everybody is. Newer browsers say it in words of their own that no page can set, older ones name the page; programs say nothing.
 */
export function isOfAnotherSite({ method, headers, host }: Asked): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return false;
  const from = headers['sec-fetch-site'];
  if (from !== undefined) return from !== 'same-origin' && from !== 'none';
  const { origin } = headers;
  return typeof origin === 'string' && (!URL.canParse(origin) || new URL(origin).host !== host);
}

/** In a time that tells nothing of either. */
export function isSameSecret(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
