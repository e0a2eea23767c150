import { parentPort } from 'node:worker_threads';
import type { RunReply, RunRequest, StopRequest } from './model-pool.ts';

/**
 * Answers the runs that a pool asks of this thread, one after another, once the model is loaded, until it is told to stop or one fails: a
 * model that failed (out of memory, most often) may be broken inside. What is queued then is not begun. The thread ends by itself, between
 * two runs: ended from outside while native code works for it, ONNX Runtime takes the whole process with it.
 */
export function serveRuns<Model>(loaded: Promise<Model>, run: (model: Model, texts: RunRequest['texts']) => Promise<Float32Array>): void {
  const port = parentPort;
  let stopping = false;
  let running = false;
  let last: Promise<unknown> = loaded.catch(() => undefined);

  async function runNext(texts: RunRequest['texts']): Promise<Float32Array> {
    const model = await loaded;
    running = true;
    return run(model, texts).finally(() => {
      running = false;
    });
  }

  async function answer({ id, texts }: RunRequest): Promise<void> {
    const reply: RunReply = await runNext(texts).then(
      (vectors) => ({ id, vectors }),
      (error: unknown) => ({ id, ...describeFailure(error) }),
    );
    port?.postMessage(reply);
    if (stopping || 'failure' in reply) process.exit();
  }

  port?.on('message', (request: RunRequest | StopRequest) => {
    if ('texts' in request) {
      last = last.then(() => answer(request));
    } else {
      stopping = true;
      if (!running) process.exit();
    }
  });
}

function describeFailure(error: unknown): { failure: string; code?: string } {
  if (!(error instanceof Error)) return { failure: String(error) };
  return { failure: error.message, ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}) };
}
