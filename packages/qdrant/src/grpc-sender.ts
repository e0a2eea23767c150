import { createSecureContext } from 'node:tls';
import { Client, credentials, Metadata, type MetadataValue } from '@grpc/grpc-js';
import { unwatched } from '@reembed/core';
import { parseQdrantUrl, type QdrantAddress, withRequestLimit } from './connection.ts';
import { translateGrpcError } from './translate-grpc-error.ts';

/** One call: the bytes of a request message in, those of the answer out. */
export type GrpcSender = {
  /** Errors are translated; an abort cancels the call and throws the signal's reason. */
  call<T>(call: GrpcCall<T>): Promise<T>;
  close(): void;
};

export type GrpcCall<T> = {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly body: Buffer;
  readonly signal?: AbortSignal | undefined;
  /** How long it may take, in ms, where that is less than a request may. */
  readonly limitMs?: number;
  /** Judges and reads the answer. */
  readonly read: (answer: Buffer) => T;
};

/** Of one HTTP/2 connection only so much may be under way unread; more of them also use more of the server's threads. */
const connections = 4;
const windowBytes = 8 * 2 ** 20;

const channelOptions = {
  // Pages are as large as the spec says; REST's answers have no limit either.
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc-node.flow_control_window': windowBytes,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // Of its own, so that there are several connections.
  'grpc.use_local_subchannel_pool': 1,
  // As REST: no proxy from the environment, nothing asked of DNS but addresses, and who tries again is decided elsewhere.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 5_000,
} as const;

/**
 * grpc-js offers gzip with every call and has no option that keeps it from that; a server takes the offer. Unpacking floats, which hardly shrink, was more
 * than half of what reading a page cost this side (48 against 20 µs a point, Qdrant 1.19 on a busy machine), packing them costs the server more.
 */
class UnpackedMetadata extends Metadata {
  override set(key: string, value: MetadataValue): void {
    super.set(key, key === 'grpc-accept-encoding' ? 'identity' : value);
  }

  override clone(): Metadata {
    const copy = new UnpackedMetadata(this.getOptions());
    copy.merge(this);
    return copy;
  }
}

/** gRPC without compression and without a schema; TLS where the address begins with https. Idle connections keep no process alive. */
export function createGrpcSender({ requestTimeoutMs, watch = unwatched, ...address }: QdrantAddress): GrpcSender {
  const { origin, port, headers } = parseQdrantUrl(address, 6334);
  const { protocol, hostname } = new URL(origin);
  // What it trusts is what Node trusts, as for REST: gRPC has a variable of its own for that, which would leave NODE_EXTRA_CA_CERTS out.
  const security = protocol === 'https:' ? credentials.createFromSecureContext(createSecureContext()) : credentials.createInsecure();
  const clients = Array.from({ length: connections }, () => new Client(`dns:${hostname}:${port}`, security, channelOptions));
  let turn = 0;

  /** `deadline`: told to the server too, which then stops working on it. */
  const send = (path: string, body: Buffer, limitMs: number, signal: AbortSignal) =>
    new Promise<Buffer>((resolve, reject) => {
      const metadata = new UnpackedMetadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      const client = clients[turn++ % connections] as Client;
      const options = { deadline: Date.now() + limitMs };
      const call = client.makeUnaryRequest(path, asItIs, asItIs, body, metadata, options, (error, answer) => {
        signal.removeEventListener('abort', cancel);
        if (error !== null) reject(error);
        else if (answer === undefined) reject(new SyntaxError('it is empty'));
        else resolve(answer);
      });
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
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
      for (const client of clients) client.close();
    },
  };
}

function asItIs(bytes: Buffer): Buffer {
  return bytes;
}
