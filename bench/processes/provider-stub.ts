import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of embeddings that counts its requests in a token bucket of one second, as vendors do, and takes its time for each. */
export type ProviderTask = { readonly requestsPerSecond: number; readonly latencyMs: number } | { readonly countForMs: number };
export type Counted = { readonly answered: number; readonly refused: number; readonly texts: number; readonly ms: number };

const vector = Array.from({ length: 8 }, (_, at) => at + 1);
let [rate, latencyMs, level, at] = [1, 0, 1, performance.now()];
let counted = { answered: 0, refused: 0, texts: 0 };

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (part: string) => {
    body += part;
  });
  request.on('end', () => {
    const now = performance.now();
    level = Math.min(rate, level + ((now - at) / 1000) * rate);
    at = now;
    const passes = level >= 1;
    if (passes) level -= 1;
    counted[passes ? 'answered' : 'refused'] += 1;
    setTimeout(() => response.writeHead(passes ? 200 : 429, { 'content-type': 'application/json' }).end(answer(body, passes)), latencyMs);
  });
});

function answer(body: string, passes: boolean): string {
  if (!passes) return JSON.stringify({ error: { message: 'Rate limit reached' } });
  const { input } = JSON.parse(body) as { readonly input: readonly string[] };
  counted.texts += input.length;
  return JSON.stringify({ data: input.map((_, index) => ({ index, embedding: vector })), usage: { prompt_tokens: input.length } });
}

process.on('message', (task: ProviderTask) => {
  if ('requestsPerSecond' in task) {
    ({ requestsPerSecond: rate, latencyMs } = task);
    level = rate;
    const { port } = server.address() as AddressInfo;
    process.send?.({ measured: { port } });
    return;
  }
  const from = performance.now();
  counted = { answered: 0, refused: 0, texts: 0 };
  setTimeout(() => process.send?.({ measured: { ...counted, ms: performance.now() - from } satisfies Counted }), task.countForMs);
});
process.once('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.({ ready: true }));
