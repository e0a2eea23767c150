import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createAbsence } from './absence.ts';
import { createApiClient } from './api-client.ts';

async function serve(answer: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('an error reply comes back as the error it was, with its issues', async () => {
  const body = {
    code: 'plan-blocked',
    message: 'nothing was created',
    issues: [{ field: 'target.alias', value: 'docs', message: 'is taken' }],
  };
  await using server = await serve((_request, response) => void response.writeHead(422).end(JSON.stringify(body)));
  await expect(createApiClient(server).list()).rejects.toMatchObject(body);
});

test.each([
  [502, '<html>bad gateway</html>'],
  [200, '{"status":"ok"}'],
])('a server that answers %d with %s is no coordinator', async (status, body) => {
  await using server = await serve((_request, response) => void response.writeHead(status).end(body));
  await expect(createApiClient(server).list()).rejects.toMatchObject({
    code: 'coordinator-unreachable',
    message: expect.stringContaining('REEMBED_URL'),
  });
});

test.each([
  [undefined, 'wants a token: set REEMBED_TOKEN'],
  ['another-of-some-length', 'does not take the token of REEMBED_TOKEN (the token of ada was valid until'],
])('a coordinator that does not take the token %s is answered in words of the command line', async (token, says) => {
  const body = { code: 'unauthorized', message: 'the token of ada was valid until 2026-01-01T00:00:00Z' };
  await using server = await serve((_request, response) => void response.writeHead(401).end(JSON.stringify(body)));
  const asked = createApiClient({ ...server, ...(token === undefined ? {} : { token }) }).list();
  await expect(asked).rejects.toMatchObject({ code: 'unauthorized', message: expect.stringContaining(says) });
});

test('the token goes along, and only where there is one', async () => {
  const seen: (string | undefined)[] = [];
  await using server = await serve(({ headers }, response) => {
    seen.push(headers.authorization);
    response.end('{"migrations":[],"next":null}');
  });
  await createApiClient({ ...server, token: 'a-secret-of-some-length' }).list();
  await createApiClient(server).list();
  expect(seen).toEqual(['Bearer a-secret-of-some-length', undefined]);
});

test('it says who asks', async () => {
  const seen: unknown[] = [];
  await using server = await serve(({ headers }, response) => {
    seen.push(headers['reembed-by']);
    response.end('{"migrations":[],"next":null}');
  });
  await createApiClient(server).list();
  await createApiClient({ ...server, caller: 'Zo\u00eb' }).list();
  expect(seen).toEqual([expect.stringMatching(/^[\w.-]+%40[\w.-]+$/), 'Zo%C3%AB']);
});

test('events go on after a lost connection where they stopped, and each connection is told', async () => {
  const seen: (string | string[] | undefined)[] = [];
  const event = (message: string) => JSON.stringify({ type: 'note', at: '2026-01-01T00:00:00.000Z', message });
  await using server = await serve(({ headers }, response) => {
    seen.push(headers['last-event-id']);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`: hello\n\nid: ${seen.length}-0\nevent: note\ndata: ${event(`number ${seen.length}`)}\n\n`);
  });
  const items: unknown[] = [];
  for await (const item of createApiClient(server).events(
    'm1',
    AbortSignal.timeout(30_000),
    createAbsence(() => {}),
  )) {
    items.push(item.kind === 'event' && item.event.type === 'note' ? item.event.message : item.kind);
    if (items.length === 4) break;
  }
  expect(items).toEqual(['open', 'number 1', 'open', 'number 2']);
  expect(seen).toEqual([undefined, '1-0']);
});

test('a migration that is not there ends the events at once', async () => {
  const body = JSON.stringify({ code: 'not-found', message: 'there is no migration "m1"' });
  await using server = await serve((_request, response) => void response.writeHead(404).end(body));
  const events = createApiClient(server).events(
    'm1',
    AbortSignal.timeout(30_000),
    createAbsence(() => {}),
  );
  await expect(events.next()).rejects.toMatchObject({ code: 'not-found' });
});

test('a connection on which nothing comes any more, not even a comment, is opened again', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
  });
  let opened = 0;
  for await (const { kind } of createApiClient({ ...server, silenceMs: 50 }).events(
    'm1',
    AbortSignal.timeout(30_000),
    createAbsence(() => {}),
  )) {
    expect(kind).toBe('open');
    if (++opened === 2) break;
  }
});
