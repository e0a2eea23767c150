import type { IncomingHttpHeaders } from 'node:http2';
import { unwatched } from '@reembed/core';
import { parseQdrantUrl, type QdrantAddress, withRequestLimit } from './connection.ts';
import { createHttp2Link, type Http2Call, type Http2Link } from './http2-link.ts';
import { NoAnswer, refusalOf, saysHowItWent, translateGrpcError } from './translate-grpc-error.ts';

/** One call: the bytes of a request message in, those of the answer out. */
export type GrpcSender = {
  /** Errors are translated; an abort cancels the call and throws the signal's reason. */
  call<T>(call: GrpcCall<T>): Promise<T>;
  close(): void;
};

export type GrpcCall<T> = {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** The message, in parts that are sent one after the other: a page is not copied to have something put before it. */
  readonly body: readonly Uint8Array[];
  readonly signal?: AbortSignal | undefined;
  /** How long it may take, in ms, where that is less than a request may. */
  readonly limitMs?: number;
  /** Judges and reads the answer. */
  readonly read: (answer: Buffer) => T;
};

/** Of one HTTP/2 connection only so much may be under way unread; more of them also use more of the server's threads. */
const connections = 4;

/** The longest that `grpc-timeout` can say in ms. */
const longestTimeoutMs = 99_999_999;
/** Before a message: whether it is compressed, and how long it is. */
const prefixBytes = 5;

/**
 * Unary calls of gRPC (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md) without compression and without a schema; TLS where the address begins
 * with https, and trust is Node's. Idle connections keep no process alive.
 */
export function createGrpcSender({ requestTimeoutMs, watch = unwatched, ...address }: QdrantAddress): GrpcSender {
  const { origin, headers } = parseQdrantUrl(address, 6334);
  const links = Array.from({ length: connections }, () => createHttp2Link(origin));
  let turn = 0;

  /** `limitMs`: told to the server too, which then stops working on it. */
  function send(path: string, body: readonly Uint8Array[], limitMs: number, signal: AbortSignal): Promise<Buffer> {
    const link = links[turn++ % connections] as Http2Link;
    const timeout = `${Math.min(limitMs, longestTimeoutMs)}m`;
    const asked = { ...headers, te: 'trailers', 'content-type': 'application/grpc', 'grpc-timeout': timeout };
    const begun = link.begin({ ...asked, ':method': 'POST', ':path': path });
    signal.addEventListener('abort', () => begun.cancel(signal.reason), { once: true });
    return exchange(begun, body);
  }

  async function call<T>({ path, body, signal, limitMs = requestTimeoutMs, read }: GrpcCall<T>): Promise<T> {
    try {
      return read(await withRequestLimit(limitMs, signal, (limited) => send(path, body, limitMs, limited)));
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw translateGrpcError({ origin, method: 'gRPC', path }, error);
    }
  }

  return {
    call: (asked) => watch({ operation: asked.path, transport: 'grpc' }, () => call(asked)),
    close() {
      for (const link of links) link.close();
    },
  };
}

/** Sends one message, and reads the one that answers it. */
function exchange({ stream, cancel }: Http2Call, body: readonly Uint8Array[]): Promise<Buffer> {
  let [head, tail]: [IncomingHttpHeaders, IncomingHttpHeaders] = [{}, {}];
  const received: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const settle = () => {
      try {
        resolve(messageIn(head, tail, received));
      } catch (error) {
        reject(error);
      }
    };
    stream.once('response', (headers) => {
      head = headers;
    });
    stream.once('trailers', (headers) => {
      tail = headers;
    });
    stream.on('data', (bytes: Buffer) => void received.push(bytes));
    // Who refuses a call need not read it first: what is left of it is not sent.
    stream.once('end', () => {
      if (!stream.writableFinished) cancel();
    });
    // How a stream ends does not count where all had been said before.
    stream.once('error', (error) => (saysHowItWent(head, tail) ? settle() : reject(new NoAnswer(error.message, { cause: error }))));
    stream.once('close', settle);
    stream.cork();
    for (const bytes of [prefixOf(body), ...body]) stream.write(bytes);
    stream.end();
  });
}

function prefixOf(body: readonly Uint8Array[]): Buffer {
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(
    body.reduce((bytes, part) => bytes + part.length, 0),
    1,
  );
  return prefix;
}

/** Throws what was answered instead of one message; SyntaxError where it is no such answer. */
function messageIn(head: IncomingHttpHeaders, tail: IncomingHttpHeaders, received: readonly Buffer[]): Buffer {
  if (head[':status'] === undefined) throw new NoAnswer('it was broken off before an answer came');
  const refusal = refusalOf(head, tail, () => Buffer.concat(received).toString('utf8'));
  if (refusal !== null) throw refusal;
  const framed = Buffer.concat(received);
  if (framed.length < prefixBytes) throw new SyntaxError('it is empty');
  const [packed, length] = [framed[0], framed.readUInt32BE(1)];
  if (packed !== 0 || length !== framed.length - prefixBytes)
    throw new SyntaxError(
      `${framed.length - prefixBytes} bytes are there, and ${length} ${packed === 0 ? '' : 'compressed '}ones were promised`,
    );
  return framed.subarray(prefixBytes);
}
