import { once } from 'node:events';
import { BroadcastChannel, workerData } from 'node:worker_threads';
import { serveRuns } from './serve-runs.ts';

/** A model whose runs last until the test says so; it says when one begins and ends. A text of one 0 fails. */
const test = new BroadcastChannel(String(workerData));

serveRuns(Promise.resolve(), async (_, texts) => {
  const allowed = once(test, 'message');
  test.postMessage('begun');
  await allowed;
  test.postMessage('ended');
  if (texts[0]?.[0] === 0) throw new Error('this one fails');
  return Float32Array.of(1);
});
