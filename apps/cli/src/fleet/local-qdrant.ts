import { isReembedError, ReembedError } from '@reembed/core';
import { startChild } from './child.ts';

/** A local Qdrant in a process of its own; what it holds is gone when it stops. */
export async function startQdrant(options: {
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly err: (line: string) => void;
}): Promise<AsyncDisposable & { readonly url: string }> {
  const main = new URL(`./qdrant-main${import.meta.url.slice(-3)}`, import.meta.url);
  const onLog = ({ level, text }: { level: number | null; text: string }) => {
    if (level === 50) options.err(`Qdrant: ${text}`);
  };
  const child = await startChild({ name: 'local Qdrant', main, args: [String(options.port)], env: options.env, onLog });
  return { url: child.ready, [Symbol.asyncDispose]: () => child.stop() };
}

/** A port that somebody else listens on is told with the way out; any other error comes back as it is. */
export function explainTakenPort(error: unknown, port: number): unknown {
  if (isReembedError(error) || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) return error;
  const message = `port ${port} is taken by another process: set QDRANT_URL if that is your Qdrant, or choose another port for a local one`;
  return new ReembedError('invalid-config', message, { cause: error });
}
