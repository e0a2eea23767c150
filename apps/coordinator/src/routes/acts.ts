import { callerHeader } from '@reembed/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set where a request changes something: what the log calls it. */
    readonly act?: string;
  }
  interface FastifyRequest {
    /** False where a request that may change something only looked. */
    acted: boolean;
  }
}

/** Logs every act with who asked for it, once it is answered: what was refused too, but nothing of those who may not pass. */
export function logActs(server: FastifyInstance, log: Logger): void {
  server.decorateRequest('acted', true);
  server.addHook('onResponse', async (request, { statusCode: status }) => {
    const { act } = request.routeOptions.config;
    if (act === undefined || !request.acted || status === 401 || status === 403) return;
    const { id: migration } = request.params as { id?: string };
    const by = callerOf(request);
    const what = migration === undefined ? act : `${act} ${migration}`;
    log.info({ act, migration, by, status }, `${by}: ${what}, ${status < 400 ? 'done' : `refused with ${status}`}`);
  });
}

/**
 * Who asks, as far as it can be known: the name that the caller gives itself, and the address that the request came from. Neither is proof:
 * the name is the caller's own word, the address may be a proxy's.
 */
export function callerOf({ headers, ip }: Pick<FastifyRequest, 'headers' | 'ip'>): string {
  return `${nameOf(headers[callerHeader]) || 'somebody'} from ${ip}`;
}

/** Percent-encoded, because a header carries no umlauts. Nothing that would move a terminal's cursor gets through. */
function nameOf(header: string | string[] | undefined): string {
  const given = String(header ?? '');
  return unescaped(given)
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
    .slice(0, 100);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
