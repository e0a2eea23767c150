import { type ClientHttp2Stream, constants, type Http2Session, type IncomingHttpHeaders } from 'node:http2';
import { Http2SessionManager } from '@connectrpc/connect-node';
import { unwatched } from '@reembed/core';
import { parseQdrantUrl, type QdrantAddress, withRequestLimit } from './connection.ts';
import { NoAnswer, refusalOf, translateGrpcError } from './translate-grpc-error.ts';

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
const windowBytes = 8 * 2 ** 20;

const keepAlive = { pingIntervalMs: 30_000, pingTimeoutMs: 10_000 };
/** A frame as large as what is read from a socket at once: the 16 KiB that are usual make four times as many events. */
const sessionOptions = { settings: { initialWindowSize: windowBytes, maxFrameSize: 2 ** 16, enablePush: false } };

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
  const links = Array.from({ length: connections }, () => new Http2SessionManager(origin, keepAlive, sessionOptions));
  const known = new WeakSet<Http2Session>();
  let turn = 0;

  function setUp(session: Http2Session): void {
    known.add(session);
    session.setLocalWindowSize(windowBytes);
    // Its calls are told what ended it. One that ends after its last call has nobody to tell, and would end the process.
    session.on('error', () => undefined);
  }

  /** `limitMs`: told to the server too, which then stops working on it. */
  const send = (path: string, body: readonly Uint8Array[], limitMs: number, signal: AbortSignal) =>
    new Promise<Buffer>((resolve, reject) => {
      const link = links[turn++ % connections] as Http2SessionManager;
      const timeout = `${Math.min(limitMs, longestTimeoutMs)}m`;
      const asked = { ...headers, te: 'trailers', 'content-type': 'application/grpc', 'grpc-timeout': timeout };
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      const begin = (stream: ClientHttp2Stream) => {
        const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
        signal.addEventListener('abort', cancel, { once: true });
        // It was given up before there was a connection.
        if (signal.aborted) cancel();
        if (stream.session !== undefined && !known.has(stream.session)) setUp(stream.session);
        return exchange(stream, body, () => link.notifyResponseByteRead(stream));
      };
      link.request('POST', path, asked, {}).then(begin).then(resolve, reject);
    });

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
      for (const link of links) link.abort();
    },
  };
}

/** Sends one message, and reads the one that answers it. `onBytes`: the other side is alive. */
function exchange(stream: ClientHttp2Stream, body: readonly Uint8Array[], onBytes: () => void): Promise<Buffer> {
  let [head, tail]: [IncomingHttpHeaders, IncomingHttpHeaders] = [{}, {}];
  const received: Buffer[] = [];
  return new Promise((resolve, reject) => {
    stream.once('response', (headers) => {
      head = headers;
    });
    stream.once('trailers', (headers) => {
      tail = headers;
    });
    stream.on('data', (bytes: Buffer) => {
      received.push(bytes);
      onBytes();
    });
    stream.once('error', reject);
    stream.once('close', () => {
      try {
        resolve(messageIn(head, tail, received));
      } catch (error) {
        reject(error);
      }
    });
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
  if (head[':status'] === undefined) throw new NoAnswer('the connection ended before an answer came');
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
