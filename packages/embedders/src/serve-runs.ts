import { parentPort } from 'node:worker_threads';
import type { RunReply, RunRequest } from './model-pool.ts';

/**
 * Answers the runs that a pool asks of this thread, one after another, once the model is loaded. A failure to load or to run goes back
 * with its message and, where it has one, its `code`.
 */
export function serveRuns<Model>(loaded: Promise<Model>, run: (model: Model, texts: RunRequest['texts']) => Promise<Float32Array>): void {
  const port = parentPort;
  let last: Promise<unknown> = loaded.catch(() => undefined);
  port?.on('message', ({ id, texts }: RunRequest) => {
    last = last.then(async () => {
      const reply: RunReply = await loaded
        .then((model) => run(model, texts))
        .then(
          (vectors) => ({ id, vectors }),
          (error: unknown) => ({ id, ...describeFailure(error) }),
        );
      port.postMessage(reply);
    });
  });
}

function describeFailure(error: unknown): { failure: string; code?: string } {
  if (!(error instanceof Error)) return { failure: String(error) };
  return { failure: error.message, ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}) };
}
