import { ReembedError } from '@reembed/core';

/** What a request for a collection asks. `rest`: the path behind the name, `/points/query`; `query`: with its question mark, or empty. */
export type AskedCollection = { readonly name: string; readonly rest: string; readonly query: string };

const host = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;
const parts = /^([^?#]*)(\?[^#]*)?/;

/** An address as it is behind its host: the server takes it with one of any scheme. Throws `invalid-request` where it is none of a server's. */
export function withoutHost(url: string): string {
  const found = host.exec(url);
  const path = found === null ? url : url.slice(found[0].length);
  if (path.startsWith('/')) return path;
  if (found !== null) return `/${path}`;
  throw new ReembedError('invalid-request', `an address begins with a slash, and ${url} does not`);
}

/**
 * Reads an address as Qdrant's server does, so that no spelling of it gets past what is done with texts and writes: it takes an address with
 * its host, merges slashes, does without the last one, decodes each part, and knows no fragment. Null: it is of no collection.
 */
export function askedCollection(url: string): AskedCollection | null {
  const [, path = '', query = ''] = parts.exec(url.replace(host, '')) ?? [];
  const [first, name, ...rest] = path.split('/').flatMap((part) => (part === '' ? [] : [decoded(part)]));
  if (first !== 'collections' || name === undefined) return null;
  // A slash that was spelled as %2F parts nothing.
  return { name, rest: rest.map((part) => `/${encodeURIComponent(part)}`).join(''), query };
}

/** As it stands where it cannot be decoded: that is for the server to refuse. */
function decoded(part: string): string {
  try {
    return part.includes('%') ? decodeURIComponent(part) : part;
  } catch {
    return part;
  }
}
