import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { buildView } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { setScene } from '../migration.fixture.ts';

const bin = fileURLToPath(new URL('../../../../.build/apps/cli/bin/reembed.js', import.meta.url));

/** The server as an agent starts it, spoken to by the official client. */
async function connect(args: readonly string[], env: Readonly<Record<string, string>>) {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [bin, 'mcp', ...args], env: { PATH: process.env.PATH ?? '', ...env } }),
  );
  return {
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    async call(name: string, words: object = {}) {
      const { content, isError } = await client.callTool({ name, arguments: { ...words } });
      const [{ text }, ...beside] = content as [{ text: string }, ...{ text: string }[]];
      return { isError: isError === true, said: JSON.parse(text), beside: beside.map((one) => one.text) };
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** A coordinator with one migration, which keeps what it was told to do. */
async function startStub() {
  const view = { ...buildView(), phase: 'ready' as string };
  const told: string[] = [];
  const server = createServer(({ method, url = '' }, reply) => {
    if (method === 'POST') told.push(url);
    reply.setHeader('content-type', 'application/json');
    reply.end(JSON.stringify(url === '/v1/migrations' ? { migrations: [view], unreadable: [] } : view));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { view, told, env: { REEMBED_URL: url }, [Symbol.asyncDispose]: async () => void server.close() };
}

test('an agent plans and looks; without --allow-writes there is no tool that acts', { timeout: 60_000 }, async () => {
  await using scene = await setScene({ points: 3 });
  await using agent = await connect([], scene.env);
  expect(await agent.names()).toEqual(['plan', 'status', 'report', 'doctor']);
  expect((await agent.call('plan', { file: scene.specFile })).said).toMatchObject({ blockers: [] });
  expect(await agent.call('plan', { file: '/nowhere.yaml' })).toMatchObject({ isError: true, said: { code: 'invalid-spec' } });
  const { said } = await agent.call('doctor');
  expect(said.found.map(({ of }: { of: string }) => of)).toContain('Qdrant');
});

test('after a fleet has ended, status says what Qdrant keeps, and that it does', { timeout: 60_000 }, async () => {
  await using scene = await setScene({ points: 3 });
  await using agent = await connect([], { ...scene.env, REEMBED_URL: 'http://127.0.0.1:9' });
  expect(await agent.call('status')).toEqual({
    isError: false,
    said: { migrations: [], unreadable: [] },
    beside: [expect.stringContaining('No coordinator answers at http://127.0.0.1:9: this is what Qdrant')],
  });
  expect(await agent.call('report', { id: 'nothing' })).toMatchObject({ isError: true, said: { code: 'not-found' } });
});

test('an act wants a token that was given for it, once, in this phase', { timeout: 60_000 }, async () => {
  await using stub = await startStub();
  await using agent = await connect(['--allow-writes'], stub.env);
  const act = (words: object) => agent.call('act', { id: stub.view.id, act: 'switch', ...words });
  const { said } = await act({});
  expect(said).toMatchObject({ done: false, says: expect.stringContaining('would switch') });
  expect((await act({ token: said.token, act: 'cancel' })).said.done).toBe(false);
  expect((await act({ token: said.token })).said, 'a token that was tried for another act is used').toMatchObject({ done: false });
  const later = await act({});
  stub.view.phase = 'observing';
  expect((await act({ token: later.said.token })).said, 'the phase has changed').toMatchObject({ done: false });
  expect(stub.told).toEqual([]);

  const good = await act({});
  await act({ token: good.said.token });
  expect(stub.told).toEqual([`/v1/migrations/${stub.view.id}/switch`]);
  await act({ token: good.said.token });
  expect(stub.told).toHaveLength(1);
});
