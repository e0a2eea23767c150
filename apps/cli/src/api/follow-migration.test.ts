import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GateName, MigrationView, Verdict } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { expect, it } from 'vitest';
import { buildView } from '../terminal/build-view.fixture.ts';
import { createApiClient } from './api-client.ts';
import { followMigration, hasSettled, showMigration } from './follow-migration.ts';

const measured = (shadow: Verdict) => ({ shadow: { verdict: shadow, reasons: [] } });
const ready = (blockedBy: readonly GateName[], shadow: Verdict) =>
  ({ phase: 'ready', progress: { setAside: 0 }, blockedBy, gates: measured(shadow) }) as unknown as MigrationView;

it.each<[string, MigrationView, boolean]>([
  ['a gate that goes by searches which are still to come', ready(['shadow'], 'inconclusive'), false],
  ['one that has failed by them', ready(['shadow'], 'fail'), true],
  ['one that no search decides', ready(['quality', 'shadow'], 'inconclusive'), true],
  ['no gate', ready([], 'pass'), false],
])('a migration that is to switch and is held up by %s is waited for, or not', (_, view, isSettled) => {
  expect(hasSettled(view)).toBe(isSettled);
});

/** A coordinator whose migration copies until it has been away, and is ready then; `stop` breaks every connection. */
function startCoordinator() {
  let [server, port, hasBeenAway]: [Server | null, number, boolean] = [null, 0, false];
  const answer: RequestListener = (request, response) => {
    if (request.url?.endsWith('/events')) response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
    else response.end(JSON.stringify({ ...buildView(), phase: hasBeenAway ? 'ready' : 'copying' }));
  };
  return {
    async start() {
      server = createServer(answer).listen(port, '127.0.0.1');
      await once(server, 'listening');
      ({ port } = server.address() as AddressInfo);
      return `http://127.0.0.1:${port}`;
    },
    stop() {
      hasBeenAway = true;
      server?.close();
      server?.closeAllConnections();
    },
  };
}

it('a coordinator that goes is told, since when and until when it is asked again, and that it is back; then the migration is followed on', async () => {
  const coordinator = startCoordinator();
  const api = createApiClient({ url: await coordinator.start() });
  const lines: string[] = [];
  const say = (line: string) => {
    lines.push(line);
    if (line === 'copying') coordinator.stop();
    if (line.includes('nothing is heard since')) void coordinator.start();
  };
  const cli = { signal: AbortSignal.timeout(60_000), json: false, terminal: null, say };
  const view = await showMigration(cli, { api, own: false, lost: new Promise<never>(() => {}) }, 'm1', ({ phase }) => phase === 'ready');
  expect(view.phase).toBe('ready');
  expect(lines).toEqual([
    'copying',
    expect.stringMatching(
      /^ {2}nothing is heard since 20\d\d-.*Z: no coordinator answers at .* It is asked again until 20\d\d-.*Z, and this command ends then$/,
    ),
    expect.stringMatching(/^ {2}heard again at 20\d\d-.*Z, after /),
    'ready',
  ]);
  await api.close();
  coordinator.stop();
});

it('one that goes between an event and the look at the migration ends nothing', async () => {
  let looks = 0;
  const away = new ReembedError('coordinator-unreachable', 'no coordinator answers');
  const api = {
    view: async () => (looks++ === 0 ? Promise.reject(away) : buildView()),
    async *events() {
      yield { kind: 'open' as const };
    },
  };
  const news: string[] = [];
  const signal = new AbortController().signal;
  await followMigration(api, 'm1', { signal, until: () => true, onAbsence: ({ type }) => news.push(type) });
  expect(news).toEqual(['away', 'back']);
});

/** What somebody is told who is interrupted while they follow a migration. */
async function interrupted(own: boolean): Promise<string[]> {
  const lines: string[] = [];
  const ctrlC = new AbortController();
  const api = {
    view: async () => buildView(),
    async *events() {
      yield { kind: 'open' as const };
      ctrlC.abort(new Error('interrupted'));
    },
  };
  const cli = { signal: ctrlC.signal, json: false, terminal: null, say: (line: string) => void lines.push(line) };
  const followed = { api, own, lost: new Promise<never>(() => undefined) };
  await expect(showMigration(cli, followed, 'm1', () => false)).rejects.toThrow('interrupted');
  return lines;
}

it('who stops following a migration of a fleet elsewhere is told that it goes on, and how to stop it', async () => {
  expect(await interrupted(false)).toEqual(['copying', 'Migration m1 goes on without this command; to stop it: `reembed pause m1`']);
});

it('with a fleet of its own a command says nothing of the kind: that ends with it', async () => {
  expect(await interrupted(true)).toEqual(['copying']);
});
