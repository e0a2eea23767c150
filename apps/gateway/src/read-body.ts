import type { IncomingHttpHeaders } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { ReembedError } from '@reembed/core';

/** Eight times what a Qdrant takes that was not told otherwise: a limit of memory, not of requests. */
const mostBytes = 256 * 2 ** 20;

/** A Node before 22.15 has no zstd, and no name for it to import. */
const decoders = new Map<string, (() => Transform) | undefined>([
  ['gzip', zlib.createGunzip],
  ['deflate', zlib.createInflate],
  ['br', zlib.createBrotliDecompress],
  ['zstd', zlib.createZstdDecompress],
]);

/**
 * The whole body, decoded as Qdrant's server decodes it: what it does not know by its name it takes as it came. `headers`: those that a body
 * in this form has. Throws `invalid-request` where it is too large, or is not what its encoding says.
 */
export async function readBody(
  stream: Readable,
  headers: IncomingHttpHeaders,
  most = mostBytes,
): Promise<{ readonly body: Buffer; readonly headers: IncomingHttpHeaders }> {
  if (Number(headers['content-length'] ?? 0) > most) throw tooLarge(most);
  const { 'content-length': _, 'content-encoding': encoding = '', ...rest } = headers;
  const name = encoding.trim().toLowerCase();
  const decoder = decoders.get(name);
  if (decoder === undefined && decoders.has(name))
    throw new ReembedError(
      'invalid-request',
      `content-encoding ${name}: Node ${process.version} cannot read it; send gzip, or run Node 22.15 or later`,
    );
  if (decoder === undefined)
    return { body: await gather(stream, most), headers: { ...rest, ...(encoding && { 'content-encoding': encoding }) } };
  const decoded = pipeline(stream, decoder(), () => {});
  const body = await gather(decoded, most).catch((cause: unknown) => {
    if (cause instanceof ReembedError) throw cause;
    throw new ReembedError('invalid-request', `the body is not the ${encoding} that its content-encoding says`, { cause });
  });
  return { body, headers: rest };
}

/** By events: to iterate over a stream takes several times as long, and most bodies are one chunk. */
function gather(stream: Readable, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= most) return void chunks.push(chunk);
      chunks.length = 0;
      // What is read on is thrown away, by the server once it has answered.
      stream.pause();
      reject(tooLarge(most));
    });
    stream.on('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    stream.on('error', reject);
    // One that is destroyed without an error says nothing else.
    stream.on('close', () => {
      if (!stream.readableEnded) reject(new Error('the body ended before it was whole'));
    });
  });
}

function tooLarge(most: number): ReembedError {
  return new ReembedError(
    'invalid-request',
    `the body has more than ${most} bytes, the most that a gateway holds in memory: send fewer points at once`,
  );
}
