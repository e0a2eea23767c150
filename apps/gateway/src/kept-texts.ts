import { createWriteStream, statSync } from 'node:fs';
import type { Clock } from '@reembed/core';
import type { Logger } from 'pino';

export type KeptTexts = {
  keep(words: string): void;
  close(): Promise<void>;
};

/** A log of some hundred thousand queries is more than a gate asks for. */
const mostBytes = 64 * 2 ** 20;

/**
 * Texts that applications searched for, a line each as `{"query": …, "at": …}`: what `gates.queries` takes as a log. They are people's words, so the file is
 * there only where it was asked for, is for its owner's eyes, and ends at 64 MiB.
 */
export function createKeptTexts(
  file: string,
  { clock, log, most = mostBytes }: { readonly clock: Pick<Clock, 'now'>; readonly log: Logger; readonly most?: number },
): KeptTexts {
  let bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  let isOpen = true;
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  stream.on('error', (error) => {
    isOpen = false;
    log.warn({ file }, `texts of queries are not kept any more: ${error.message}`);
  });
  return {
    keep(words) {
      const line = `${JSON.stringify({ query: words, at: clock.now().toISOString() })}\n`;
      if (!isOpen) return;
      bytes += Buffer.byteLength(line);
      if (bytes > most) {
        isOpen = false;
        log.warn({ file }, `texts of queries are not kept any more: the file has ${most} bytes`);
        return;
      }
      stream.write(line);
    },
    close: () => new Promise((done) => stream.end(done)),
  };
}
