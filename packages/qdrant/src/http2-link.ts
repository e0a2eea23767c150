import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import { isIP, connect as openPlain, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import { RequestLimitExceeded } from './connection.ts';
import { NoAnswer } from './translate-grpc-error.ts';

/** A way to one server over one connection of HTTP/2, that many calls share; a new one is made where there is none that can be relied on. */
export type Http2Link = {
  /** Begins a call; without a connection it waits for one. Whatever keeps it from its answer is told by the stream. */
  begin(headers: OutgoingHttpHeaders): Http2Call;
  close(): void;
};

export type Http2Call = {
  readonly stream: ClientHttp2Stream;
  /**
   * Gives it up, on the server too; what the server does not read is not waited for. `reason`: after a RequestLimitExceeded the connection may be dead without a
   * sign of it, and calls that come have another one. Those under way keep theirs.
   */
  cancel(reason?: unknown): void;
};

/** So long nothing may be heard, in ms: then what no call uses is given up (who stands in between may have forgotten it), and any other has to answer a ping. */
export type Silence = { readonly quietMs: number; readonly pingMs: number };

type Connection = { readonly socket: Socket; readonly session: ClientHttp2Session; calls: number; isSpent: boolean };

const usualSilence: Silence = { quietMs: 30_000, pingMs: 10_000 };
/** Of one connection only so much may be under way unread. */
const windowBytes = 8 * 2 ** 20;
const options = {
  // A frame as large as what is read from a socket at once: the 16 KiB that are usual make four times as many events.
  settings: { initialWindowSize: windowBytes, maxFrameSize: 2 ** 16, enablePush: false },
  // In MB: where more than the usual ten wait to be sent, Node refuses the answers of other calls. How many pages wait is decided by who sends them.
  maxSessionMemory: 2 ** 20,
};

/**
 * `origin`: `http://host:port`, or https, where what Node trusts is trusted. No connection keeps the process alive: whoever calls has a limit of time for it,
 * which does.
 */
export function createHttp2Link(origin: string, silence: Silence = usualSilence): Http2Link {
  const { host } = new URL(origin);
  const connections = new Set<Connection>();
  let current: Connection | null = null;

  function open(): Connection {
    const socket = openSocket(new URL(origin));
    const session = connect(origin, { ...options, createConnection: () => socket });
    const connection = { socket, session, calls: 0, isSpent: false };
    connections.add(connection);
    session.unref();
    session.once('connect', () => {
      if (!session.destroyed) session.setLocalWindowSize(windowBytes);
    });
    session.setTimeout(silence.quietMs);
    session.on('timeout', () => {
      if (connection.calls === 0) spend(connection);
      else expectSign(connection, silence);
    });
    // Its server takes no more calls, and need not be waited for to end it.
    session.once('goaway', () => spend(connection));
    // Its calls are told what ended it. One that ends after its last call has nobody to tell, and would end the process.
    session.on('error', () => undefined);
    session.once('close', () => connections.delete(connection));
    return connection;
  }

  return {
    begin(headers) {
      if (current === null || current.isSpent || current.session.closed || current.session.destroyed) current = open();
      const connection = current;
      // Node's own has an address of IPv6 without its brackets, which Qdrant takes for no request at all.
      const stream = connection.session.request({ ...headers, ':authority': host });
      connection.calls++;
      stream.once('close', () => {
        connection.calls--;
        // One that is still to come about would keep the process for two minutes.
        if (connection.isSpent || (connection.calls === 0 && connection.session.connecting)) spend(connection);
      });
      const cancel = (reason?: unknown) => {
        if (reason instanceof RequestLimitExceeded) connection.isSpent = true;
        stream.close(constants.NGHTTP2_CANCEL);
        stream.destroy();
      };
      return { stream, cancel };
    },
    close() {
      for (const connection of connections) destroy(connection, new NoAnswer('the connection was closed on this side'));
    },
  };
}

function openSocket({ protocol, hostname, port: written }: URL): Socket {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'http:') return openPlain(Number(written || 80), host);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return openTls({ host, port: Number(written || 443), ALPNProtocols: ['h2'], ...servername });
}

/** Ends it after its last call. Were the server told at once, some would break off those that are under way. */
function spend(connection: Connection): void {
  connection.isSpent = true;
  if (connection.calls === 0) destroy(connection);
}

/** A session alone waits for its connection to come about, and for what it has sent to be read. */
function destroy({ session, socket }: Connection, reason?: Error): void {
  session.destroy(reason);
  socket.destroy();
}

function expectSign(connection: Connection, { quietMs, pingMs }: Silence): void {
  const dead = new NoAnswer(`the connection is dead: nothing was heard for ${quietMs} ms, and no answer to a ping for ${pingMs} ms`);
  const timer = setTimeout(() => destroy(connection, dead), pingMs).unref();
  connection.session.ping((error) => {
    // It could not be sent: the connection has not come about.
    if (error !== null) return;
    clearTimeout(timer);
    connection.session.setTimeout(quietMs);
  });
}
