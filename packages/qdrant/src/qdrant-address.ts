/** Where a Qdrant's REST interface is, and the key it wants. */
export type QdrantAddress = {
  /** `http://localhost:6333`, `https://host:6333/prefix`. Without a port Qdrant's own 6333 is meant, as in its official clients. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** How long a request may take, answer included, in ms. */
  readonly requestTimeoutMs: number;
};

export type QdrantOrigin = { readonly origin: string; readonly prefix: string; readonly port: number };

/**
 * The parts of a Qdrant URL. `https://host` means port 6333 and `https://host:443` means 443: URL drops a port that is its scheme's
 * default, so the text itself is asked. Throws TypeError where it is no http(s) URL.
 */
export function parseQdrantUrl(url: string): QdrantOrigin {
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new TypeError(`a Qdrant URL begins with http:// or https://, not ${parsed.protocol}//`);
  }
  const written = /^https?:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(url)?.[1];
  const port = written === undefined ? 6333 : Number(written);
  return { origin: `${parsed.protocol}//${parsed.hostname}:${port}`, prefix: parsed.pathname.replace(/\/+$/, ''), port };
}
