import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PointText } from '@reembed/core';
import { expect, it } from 'vitest';
import { createQdrantPoints } from './qdrant-points.ts';

type Recorded = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string };

/** Answers as Qdrant acknowledges, and records what it was sent. */
async function startRecorder() {
  const requests: Recorded[] = [];
  const server = createServer((request, reply) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      const result = request.method === 'PUT' ? { status: 'completed' } : { points: [], next_page_offset: null };
      reply.setHeader('content-type', 'application/json').end(JSON.stringify({ result, status: 'ok' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, requests, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())) };
}

const point = (vectors: PointText['vectors']): PointText => ({ id: { kind: 'integer', id: '1' }, payload: '{}', vectors });

it('sends documents as they are, with the keys of providers, and keys with nothing else', async () => {
  await using recorder = await startRecorder();
  const points = createQdrantPoints({
    url: recorder.url,
    apiKey: 'for-qdrant',
    requestTimeoutMs: 5_000,
    connections: 1,
    inferenceHeaders: { 'openai-api-key': 'sk-1' },
  });
  const document = '{"text":"héllo 語","model":"openai/text-embedding-3-small","options":{"dimensions":512}}';
  await points.insertOnly('docs', [point({ new: '[1.0]' }), point({ new: document })]);
  await points.updateOnly('docs', [point({ new: document })]);
  await points.insertOnly('docs', [point({ new: '[1.0]', words: '{"indices":[1],"values":[0.5]}' })]);
  await points.scroll('docs', { offset: null, limit: 1, payload: true, vectors: [] });
  const [inserted, updated, ...others] = recorder.requests;
  for (const request of [inserted, updated]) expect(request?.headers).toMatchObject({ 'openai-api-key': 'sk-1', 'api-key': 'for-qdrant' });
  expect(inserted?.body).toContain(`"vector":{"new":${document}}`);
  expect(others.map(({ headers }) => headers['openai-api-key'])).toEqual([undefined, undefined]);
});
