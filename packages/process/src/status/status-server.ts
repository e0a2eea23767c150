import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { Logger } from 'pino';
import { isSameSecret } from '../access.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import { portRefused } from '../port-refused.ts';
import type { Service } from '../run-app.ts';

export type StatusSettings = { readonly statusHost: string; readonly statusPort: number; readonly statusToken?: string | undefined };

/** What is wrong, a sentence each, without anything that is not for everybody; empty: all is well. */
export type Health = () => Promise<readonly string[]>;

export type StatusOptions = { readonly settings: StatusSettings; readonly metrics: Metrics; readonly health: Health; readonly log: Logger };

type Answer = { readonly status: number; readonly type: string; readonly text: string };

/**
 * For a process without an API of its own: `/livez` (it answers), `/healthz` (503 says what is wrong), both open to all, and `/metrics`.
 * Throws `invalid-config` where that would be open to a network without a token, or the port cannot be listened at.
 */
export async function startStatusServer({ settings, metrics, health, log }: StatusOptions): Promise<Service> {
  const { statusHost: host, statusPort: port, statusToken: token } = settings;
  if (!isLoopback(host) && token === undefined) {
    const message = `REEMBED_STATUS_HOST is ${host}, which is not loopback: set REEMBED_STATUS_TOKEN, or listen on 127.0.0.1`;
    throw new ReembedError('invalid-config', message);
  }
  const pages: Readonly<Record<string, (request: IncomingMessage) => Promise<Answer>>> = {
    '/livez': async () => json(200, { status: 'ok' }),
    '/healthz': async () => {
      const faults = await health();
      return faults.length === 0 ? json(200, { status: 'ok' }) : json(503, { status: 'unwell', faults });
    },
    '/metrics': async (request) => {
      const refusal = refusalOf(request, token);
      if (refusal !== null) return json(refusal.status, { code: 'unauthorized', message: refusal.message });
      const { contentType, text } = await metrics.read();
      return { status: 200, type: contentType, text };
    },
  };
  const server = createServer(async (request, reply) => {
    const page = pages[request.url?.split('?')[0] ?? ''];
    const { status, type, text } = await answer(request, page).catch((error: unknown) => {
      log.error({ err: error, url: request.url }, 'request failed');
      return json(500, { code: 'internal', message: 'a defect of reembed; the log says more' });
    });
    reply.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
  });
  server.requestTimeout = 10_000;
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    throw portRefused(error, { host, port }, { host: 'REEMBED_STATUS_HOST', port: 'REEMBED_STATUS_PORT' });
  });
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
  log.info({ url }, 'metrics and health are served');
  return {
    name: url,
    async stop() {
      const closed = server.listening ? once(server, 'close') : undefined;
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, page: ((request: IncomingMessage) => Promise<Answer>) | undefined): Promise<Answer> {
  if (page === undefined) return json(404, { code: 'not-found', message: 'there are /metrics, /healthz and /livez' });
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { code: 'not-allowed', message: 'only GET' });
  return page(request);
}

/** Without a token whoever is on this machine reads it, but no page that a browser here was led to by another name. */
function refusalOf({ headers }: IncomingMessage, token: string | undefined): { status: number; message: string } | null {
  if (token !== undefined) {
    const sent = (headers.authorization ?? '').replace(/^bearer +/i, '');
    return isSameSecret(sent, token) ? null : { status: 401, message: 'send REEMBED_STATUS_TOKEN as a bearer token' };
  }
  const name = URL.canParse(`http://${headers.host}`) ? new URL(`http://${headers.host}`).hostname : '';
  return isLoopback(name) ? null : { status: 403, message: 'without a token only loopback names are served; set REEMBED_STATUS_TOKEN' };
}

function json(status: number, body: object): Answer {
  return { status, type: 'application/json; charset=utf-8', text: JSON.stringify(body) };
}
