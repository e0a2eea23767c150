import { isReembedError, ReembedError } from '@reembed/core';

/** A port that somebody else listens on is told with the way out; any other error comes back as it is. */
export function explainTakenPort(error: unknown, port: number): unknown {
  if (isReembedError(error) || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) return error;
  const message = `port ${port} is taken by another process: set QDRANT_URL if that is your Qdrant, or choose another port for a local one`;
  return new ReembedError('invalid-config', message, { cause: error });
}
