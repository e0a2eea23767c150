import type { Searches } from '@reembed/core';
import { queryBody } from './query-body.ts';
import { createSender, type SenderOptions } from './send-text.ts';
import { sliceHits } from './slice-hits.ts';
import { UnexpectedAnswer } from './translate-qdrant-error.ts';

/** Searches over undici and JSON text, so that ids stay exact. Idle connections keep no process alive. */
export function createQdrantSearches(options: SenderOptions): Searches {
  const send = createSender(options);
  return {
    async search(collection, request) {
      const path = `/collections/${encodeURIComponent(collection)}/points/query`;
      const body = queryBody(request);
      const began = performance.now();
      return send({
        method: 'POST',
        path,
        body,
        signal: request.signal,
        read(answer) {
          const tookMs = performance.now() - began;
          return { hits: readHits(answer), tookMs };
        },
      });
    },
  };
}

function readHits(answer: string) {
  try {
    return sliceHits(answer);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new UnexpectedAnswer(cause.message, { cause });
    throw cause;
  }
}
