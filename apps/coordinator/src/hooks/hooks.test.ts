import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type HookDelivery, keepSecret, withoutForeignWords } from '@reembed/contracts';
import type { Migration } from '@reembed/core';
import { createReachOut, type HookConfig, parseReembedConfig } from '@reembed/embedders';
import { buildMigration, createFakeClock } from '@reembed/testkit';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { createHooks } from './hooks.ts';

type Asked = { readonly headers: IncomingHttpHeaders; readonly body: string };

/** A hook that answers with each of these in turn, and with the last from then on. */
async function startHook(...statuses: number[]) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    asked.push({ headers: request.headers, body: await text(request) });
    const status = statuses.length > 1 ? statuses.shift() : statuses[0];
    response.writeHead(status ?? 204, { location: '/login' }).end(status === 503 ? 'the words of the hook' : '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    url: `http://127.0.0.1:${port}/told`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Deliveries in memory. */
function memory() {
  const kept = new Map<string, HookDelivery>();
  const claimed = new Set<string>();
  return {
    kept,
    add: async (delivery: HookDelivery) => void (kept.has(delivery.id) || kept.set(delivery.id, delivery)),
    load: async (id: string) => kept.get(id) ?? null,
    save: async (delivery: HookDelivery) => void kept.set(delivery.id, delivery),
    claim: async (id: string) => !claimed.has(id) && claimed.add(id) !== undefined,
    unclaim: async (id: string) => void claimed.delete(id),
    list: async () => [...kept.values()],
    prune: async () => undefined,
  };
}

function start(configured: object[], migration: Migration, env: Record<string, string> = {}) {
  const { hooks = [] } = parseReembedConfig(JSON.stringify({ hooks: configured }), 'reembed.config.yaml');
  const clock = createFakeClock(migration.updatedAt);
  const deliveries = memory();
  const state = { migration, numbers: { setAside: 0, costUsd: 0 } as { setAside: number | null; costUsd: number | null } };
  const migrations = { load: async () => state.migration, list: async () => [state.migration] };
  const create = (named: readonly HookConfig[] = hooks) =>
    createHooks({
      ...{ hooks: named, env: { PATH: process.env.PATH, ...env }, reachOut: createReachOut({ hooks }), deliveries, migrations, clock },
      ...{ numbersOf: async () => state.numbers, log: pino({ level: 'silent' }) },
    });
  const told = () => [...deliveries.kept.values()].map(({ hook, message, state: came, attempts }) => [hook, message.event, came, attempts]);
  return { hooks: create(), another: create(), clock, deliveries, state, told };
}

const { signal } = new AbortController();
const { spec } = buildMigration({ id: 'm1' });
const inPlace = { spec: { ...spec, target: { ...spec.target, inPlace: true } } };
const migrationIn = (phase: Migration['phase'], more: Partial<Migration> = {}) => buildMigration({ id: 'm1', phase, ...more });

describe('a hook', () => {
  it('is told once what it asked for, however often and by how many coordinators it is seen, with a signature of every word', async () => {
    await using hook = await startHook(204);
    const secret = Buffer.from('a secret of some length').toString('base64');
    const on = start([{ name: 'a', on: ['ready', 'failed'], url: hook.url, signWithEnv: 'SIGN', apiKeyEnv: 'KEY' }], migrationIn('ready'), {
      SIGN: secret,
      KEY: 'the-key-of-it',
    });
    for (const hooks of [on.hooks, on.another, on.hooks]) {
      await hooks.look();
      await hooks.deliver();
    }
    expect(on.told()).toEqual([['a', 'ready', 'delivered', 1]]);
    const [asked] = hook.asked;
    expect(hook.asked).toHaveLength(1);
    expect(asked?.headers.authorization).toBe('Bearer the-key-of-it');
    const verified = new Webhook(secret).verify(asked?.body ?? '', asked?.headers as Record<string, string>);
    expect(verified).toMatchObject({ event: 'ready', migration: 'm1', says: 'it is ready to be switched' });
  });

  it.each<[string, object, Partial<Migration>, string[]]>([
    ['every phase', { on: ['phase'] }, { phase: 'copying' }, ['phase']],
    ['what has switched', { on: ['switched'] }, { phase: 'observing' }, ['switched']],
    [
      'what has failed',
      { on: ['failed'] },
      { phase: 'failed', error: { code: 'qdrant-refused', message: 'no' } } as Partial<Migration>,
      ['failed'],
    ],
    ['what was completed in place', { on: ['switched'] }, { ...inPlace, phase: 'completed' }, ['switched']],
    ['no end of what has switched before', { on: ['switched'] }, { phase: 'completed' }, []],
    ['nothing of others', { on: ['switched'] }, { phase: 'copying' }, []],
  ])('hears of %s', async (_, on, migration, events) => {
    const given = start([{ name: 'a', url: 'http://127.0.0.1:9/', ...on }], buildMigration({ id: 'm1', ...migration }));
    await given.hooks.look();
    expect(given.told().map(([, event]) => event)).toEqual(events);
  });

  it('hears of numbers once they are above what it says, and of waits that last', async () => {
    const config = { name: 'a', url: 'http://127.0.0.1:9/', on: ['set-aside', 'cost', 'waiting'], setAsideAbove: 5, costAboveUsd: 2 };
    const since = '2026-01-01T00:00:00.000Z';
    const waiting = { kind: 'away', reason: 'the provider is away', since } as const;
    const on = start([config], migrationIn('copying', { waiting, updatedAt: since }));
    on.state.numbers = { setAside: 5, costUsd: 2 };
    await on.hooks.look();
    expect(on.told()).toEqual([]);
    on.clock.advance(5 * 60_000);
    on.state.numbers = { setAside: 6, costUsd: 2.5 };
    await on.hooks.look();
    on.state.numbers = { setAside: 60, costUsd: 25 };
    await on.hooks.look();
    expect(
      on
        .told()
        .map(([, event]) => event)
        .toSorted(),
    ).toEqual(['cost', 'set-aside', 'waiting']);
  });

  it('that does not take a message is tried again, by the same id, later and later, and given up; the log says why', async () => {
    await using hook = await startHook(503, 302, 204);
    const on = start([{ name: 'a', on: ['ready'], url: hook.url, signWithEnv: 'SIGN' }], migrationIn('ready'), {
      SIGN: Buffer.from('a secret of some length').toString('base64'),
    });
    await on.hooks.look();
    await on.hooks.deliver();
    await on.hooks.deliver();
    expect(on.told()).toEqual([['a', 'ready', 'pending', 1]]);
    const [delivery] = on.deliveries.kept.values();
    expect(delivery?.answer).toContain('the words of the hook');
    expect(withoutForeignWords(JSON.stringify(delivery))).not.toContain('the words of the hook');
    on.clock.advance(5_000);
    await on.hooks.deliver();
    on.clock.advance(30_000);
    await on.hooks.deliver();
    expect(on.told()).toEqual([['a', 'ready', 'delivered', 3]]);
    expect(new Set(hook.asked.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await using never = await startHook(503);
    const other = start([{ name: 'b', on: ['ready'], url: never.url }], migrationIn('ready'));
    await other.hooks.look();
    for (let time = 0; time < 10; time++) {
      await other.hooks.deliver();
      other.clock.advance(3_600_000);
    }
    expect(other.told()).toEqual([['b', 'ready', 'given-up', 6]]);
  });

  it('is a program, too: it reads the message, and is given no key that it was not promised', async () => {
    keepSecret('a-provider-key');
    const program = `
      let text = ''; process.stdin.on('data', (piece) => { text += piece; });
      process.stdin.on('end', () => {
        console.error([JSON.parse(text).event, Object.keys(process.env).filter((name) => /^(TEAM|OPENAI)/.test(name)), process.argv[1]].join(' '));
        process.exit(7);
      });`;
    const command = [process.execPath, '-e', program, 'x; touch /tmp/never'];
    const env = { TEAM: 'search', OPENAI_API_KEY: 'a-provider-key' };
    const on = start([{ name: 'a', on: ['ready'], command, passEnv: ['TEAM'] }], migrationIn('ready'), env);
    await on.hooks.look();
    await on.hooks.deliver();
    const [delivery] = on.deliveries.kept.values();
    expect(delivery?.answer).toMatch(/^ended with 7: .*ready TEAM x; touch \/tmp\/never/);
  });

  it('that does not end is ended', async () => {
    const command = [process.execPath, '-e', 'setInterval(() => {}, 1_000)'];
    const on = start([{ name: 'a', on: ['ready'], command, timeoutMs: 100 }], migrationIn('ready'));
    await on.hooks.look();
    await on.hooks.deliver();
    expect([...on.deliveries.kept.values()][0]?.answer).toBe('did not end within 100 ms');
  });
});

describe('a hook that has to agree', () => {
  it.each([
    [204, 1],
    [503, 3],
    [302, 3],
  ])('before an act: %i lets it pass or keeps it from being done, after %i attempts', async (status, attempts) => {
    await using hook = await startHook(status);
    const on = start([{ name: 'gate', before: ['switching'], url: hook.url }], migrationIn('switching'));
    const asked = on.hooks.beforePhase(migrationIn('switching'), signal);
    if (status === 204) await asked;
    else await expect(asked).rejects.toMatchObject({ code: 'hook-failed', message: expect.stringContaining('nothing was done') });
    expect(hook.asked).toHaveLength(attempts);
    expect(on.told()).toHaveLength(1);
  });

  it('is asked once a phase, also by whoever goes on with it, and not before others', async () => {
    await using hook = await startHook(204);
    const on = start([{ name: 'gate', before: ['switching'], url: hook.url }], migrationIn('switching'));
    await on.hooks.beforePhase(migrationIn('copying'), signal);
    await on.hooks.beforePhase(migrationIn('switching', { phaseNumber: 8 }), signal);
    await on.another.beforePhase(migrationIn('switching', { phaseNumber: 8 }), signal);
    expect(hook.asked).toHaveLength(1);
    await on.another.beforePhase(migrationIn('switching', { phaseNumber: 9 }), signal);
    expect(hook.asked).toHaveLength(2);
  });
});

it.each([
  [{ name: 'a', on: ['ready'] }, 'either a url or a command'],
  [{ name: 'a', on: ['ready'], url: 'http://h/', command: ['x'] }, 'either a url or a command'],
  [{ name: 'a', url: 'http://h/' }, 'told of something'],
  [{ name: 'a', on: ['cost'], url: 'http://h/' }, 'is wanted by cost'],
  [{ name: 'a', on: ['ready'], url: 'http://me:word@h/' }, 'must not hold'],
  [{ name: 'a', on: ['ready'], url: 'http://h/', signWithEnv: 'whsec_abc!' }, 'no name of an environment variable'],
])('a configuration that says nothing clear is refused: %j', (hook, why) => {
  expect(() => parseReembedConfig(JSON.stringify({ hooks: [hook] }), 'f')).toThrow(why);
});
