import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createOwnBudget, embedTexts } from '@reembed/core';
import { createFakeClock } from '@reembed/testkit';
import { afterAll, expect, it } from 'vitest';
import { createModelCatalogue } from '../model-catalogue.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const certificate = fixture('tls-certificate.pem');

/** Its certificate is signed by nobody but itself, and good for a hundred years. */
const server = createServer({ key: readFileSync(fixture('tls-key.pem')), cert: readFileSync(certificate) }, (request, response) => {
  request.resume().on('end', () => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: [{ index: 0, embedding: [1, 2, 3] }] }));
  });
});
let connections = 0;
server.on('connection', () => {
  connections += 1;
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
afterAll(() => server.close());
const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;

it('a certificate that nobody signed stops after a try of the batch and two of a text of ours, with the way out', async () => {
  const embedder = createModelCatalogue({ config: { models: { 'x/m': { provider: 'openai', baseUrl } } }, env: {} }).embedder('x/m');
  const clock = createFakeClock();
  const context = { embedder, dimensions: undefined, budget: createOwnBudget(clock), clock, signal: new AbortController().signal };
  await expect(embedTexts(context, ['one text', 'another'])).rejects.toMatchObject({
    retry: 'never',
    message: expect.stringMatching(/SELF_SIGNED.*not trusted here: name the file of its authority as NODE_EXTRA_CA_CERTS/),
  });
  expect(connections).toBeLessThanOrEqual(3);
  await embedder.close();
});

it('with its root named as NODE_EXTRA_CA_CERTS, as the page says, it is trusted', async () => {
  const child = fork(fileURLToPath(new URL('./tls-client.fixture.ts', import.meta.url)), [baseUrl], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate },
  });
  const [{ outcome }] = (await once(child, 'message')) as [{ readonly outcome: string }];
  await once(child, 'exit');
  expect(outcome).toBe('3 dimensions');
});
