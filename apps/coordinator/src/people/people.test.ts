import { createHash } from 'node:crypto';
import {
  type AuditEntry,
  accessSchema,
  auditPageSchema,
  errorReplySchema,
  mayDo,
  quoteForeign,
  type Role,
  roles,
} from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { buildMigration } from '@reembed/testkit';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { host, type ServerSettings, type StartedServer, spec, startServers } from '../server.fixture.ts';
import { fixedAccess } from './access-source.ts';
import { routeRules } from './route-rules.ts';

let servers: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers[Symbol.asyncDispose]());

const names = { viewer: 'vera', operator: 'olga', admin: 'ada' } as const;
const access = accessSchema.parse({
  tokens: roles.map((role) => ({ role, name: names[role], sha256: sha256(`token of ${role}`), expires: null })),
});
const as = (role: Role, headers: Record<string, string> = {}) => ({ ...host, authorization: `Bearer token of ${role}`, ...headers });
const start = (settings: ServerSettings = {}) => servers.start({ access, ...settings });

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

type Method = 'GET' | 'POST' | 'PUT';
const ask = ({ app }: StartedServer, role: Role, method: Method, url: string, payload?: object, headers?: Record<string, string>) =>
  app.inject({ method, url, headers: as(role, headers), ...(payload === undefined ? {} : { payload }) });

/** What the audit trail says of each line, in short. */
const short = ({ kind, what, name, migration, status, code, phaseBefore, phaseAfter }: AuditEntry) =>
  [kind, what, name, migration, status, code, phaseBefore, phaseAfter].map((part) => part ?? '-').join(' ');

async function withMigration(on: StartedServer, phase: 'copying' | 'ready' | 'observing') {
  const failed = { verdict: 'fail' as const, reasons: ['worse'] };
  const gates = { at: '2026-01-01T00:00:00.000Z', fidelity: { verdict: 'pass' as const, reasons: [] }, quality: failed };
  await on.stores.collections.create('target', { vectors: {}, metadata: { reembed: { id: 'm1', resolved: { source: 'docs_v1' } } } });
  await on.state.migrations.insert(buildMigration({ id: 'm1', phase, target: 'target', alias: 'a', gates }));
}

describe('a stream of events', () => {
  it('ends with the token of its reader', async () => {
    const now = new Date('2026-01-01T00:00:00.000Z').getTime();
    const tokens = [{ name: 'ada', role: 'viewer', sha256: sha256('of ada'), expires: new Date(now + 50).toISOString() }];
    await using on = await start({ access: accessSchema.parse({ tokens }) });
    await on.state.migrations.insert(buildMigration({ id: 'm1' }));
    const url = await on.app.listen({ host: '127.0.0.1', port: 0 });
    const reply = await fetch(`${url}/v1/migrations/m1/events`, { headers: { authorization: 'Bearer of ada' } });
    expect([reply.status, await reply.text()]).toEqual([200, ': reembed\n\n']);
  });

  it('ends when it is said anew who may do what', async () => {
    const tokens = [{ name: 'ada', role: 'viewer', sha256: sha256('of ada'), expires: null }];
    const listeners: (() => void)[] = [];
    const access = { ...fixedAccess(accessSchema.parse({ tokens })), onChange: (listener: () => void) => void listeners.push(listener) };
    await using on = await start({ access });
    await on.state.migrations.insert(buildMigration({ id: 'm1' }));
    const url = await on.app.listen({ host: '127.0.0.1', port: 0 });
    const reply = await fetch(`${url}/v1/migrations/m1/events`, { headers: { authorization: 'Bearer of ada' } });
    for (const listener of listeners) listener();
    expect(await reply.text()).toBe(': reembed\n\n');
  });
});

describe('roles', () => {
  it('are asked for by the table alone: each route is in it, and lets in who may and nobody else', async () => {
    await using on = await start({ boardWritable: true });
    const { paths } = (await ask(on, 'admin', 'GET', '/docs/json')).json() as { paths: Record<string, Record<string, { security?: [] }>> };
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, { security }]) => security === undefined)
        .map(([method]) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    const exact = Object.keys(routeRules).filter((key) => !key.endsWith('*'));
    expect(routes.filter((route) => !route.includes('/queues')).toSorted()).toEqual(exact.toSorted());
    for (const [key, { role: wanted }] of Object.entries(routeRules)) {
      const [method = '', path = ''] = key.split(' ');
      for (const role of roles) {
        const url = path.replace(':id', 'nope').replace('*', '');
        // A stream would not end.
        const reply = await ask(on, role, method as Method, url, method === 'GET' ? undefined : { unknown: 1 });
        expect([key, role, reply.statusCode === 403]).toEqual([key, role, !mayDo(role, wanted)]);
      }
    }
  });

  it('are of a route that the table does not know those of an admin', async () => {
    await using on = await servers.start({ access });
    on.app.get('/v1/forgotten', async () => 'here');
    expect((await ask(on, 'operator', 'GET', '/v1/forgotten')).statusCode).toBe(403);
    expect((await ask(on, 'admin', 'GET', '/v1/forgotten')).statusCode).toBe(200);
  });

  it('count before a body is read', async () => {
    await using on = await start();
    const headers = as('viewer', { 'content-type': 'application/json' });
    expect((await on.app.inject({ method: 'POST', url: '/v1/migrations', headers, payload: '{' })).statusCode).toBe(403);
  });

  it.each<[string, string, object | undefined]>([
    ['/v1/migrations/m1/rollback', 'ready', undefined],
    ['/v1/migrations/m1/complete', 'ready', { confirm: 'docs_v1' }],
    ['/v1/migrations/m1/discard', 'ready', { confirm: 'target' }],
    ['/v1/migrations/m1/switch', 'override', { override: { gate: 'quality', reason: 'so' } }],
    ['/v1/migrations?takeOver=true', 'takeOver', spec],
    ['/v1/backfills?takeOver=true', 'takeOver', { collection: 'docs_v1', vector: 'x' }],
    ['/v1/adoptions', 'takeOver', { target: 'docs_v1', takeOver: true }],
    ['/v1/adoptions', 'overwrite', { target: 'docs_v1', again: true, overwrite: true }],
    ['/v1/adoptions', 'rebuildMetadata', { target: 'docs_v1', rebuildMetadata: true }],
  ])('keep what cannot be taken back for admins: %s (%s)', async (url, _, payload) => {
    await using on = await start();
    await withMigration(on, 'ready');
    const refused = await ask(on, 'operator', 'POST', url, payload);
    expect([refused.statusCode, errorReplySchema.parse(refused.json()).code]).toEqual([403, 'forbidden']);
    expect(refused.json().message).toContain('olga is operator here');
    expect((await on.state.migrations.load('m1'))?.phase).toBe('ready');
    expect((await ask(on, 'admin', 'POST', url, payload)).statusCode).not.toBe(403);
  });

  it('let an operator switch where no word against a gate is said', async () => {
    await using on = await start();
    await withMigration(on, 'ready');
    expect((await ask(on, 'operator', 'POST', '/v1/migrations/m1/switch', {})).json().code).toBe('gate-not-passed');
    expect((await ask(on, 'operator', 'POST', '/v1/migrations?takeOver=false', spec)).statusCode).toBe(201);
  });

  it('keep the changes of Bull Board for admins, and its pages for all', async () => {
    await using on = await start({ boardWritable: true });
    const change = '/queues/api/queues/stages/pause';
    for (const role of ['viewer', 'operator'] as const) {
      expect((await ask(on, role, 'GET', '/queues')).statusCode).toBe(200);
      expect((await ask(on, role, 'PUT', change)).statusCode).toBe(403);
    }
    expect((await ask(on, 'admin', 'PUT', change)).statusCode).toBe(200);
    expect((await ask(on, 'admin', 'PUT', '/queues/api/queues/stages/resume')).statusCode).toBe(200);
    expect(on.audit.entries().map(({ kind, name, words }) => [kind, name, words])).toEqual([
      ['refused', 'vera', '{"queueName":"stages"}'],
      ['refused', 'olga', '{"queueName":"stages"}'],
      ...['asked', 'answered', 'asked', 'answered'].map((kind) => [kind, 'ada', '{"queueName":"stages"}']),
    ]);
  });
});

describe('the acting name', () => {
  it('comes from the token, never from a header or a body', async () => {
    await using on = await start();
    await withMigration(on, 'ready');
    const override = { gate: 'quality', by: 'grace', reason: 'so it is' };
    const switched = await ask(on, 'admin', 'POST', '/v1/migrations/m1/switch', { override }, { 'reembed-by': 'grace' });
    expect(switched.statusCode).toBe(202);
    const { metadata } = (await on.stores.collections.describe('target')) ?? {};
    const by = 'ada from 127.0.0.1';
    expect(metadata?.['reembed.decisions']).toMatchObject({ approvals: [{ act: 'switch', by }], overrides: [{ by, reason: 'so it is' }] });
    expect(on.audit.entries()).toMatchObject([
      { name: 'ada', says: 'grace' },
      { name: 'ada', says: 'grace' },
    ]);
  });

  it('of a word against a gate is the caller’s own where nobody is known', async () => {
    await using on = await servers.start();
    await withMigration(on, 'ready');
    const override = { gate: 'quality', by: 'grace', reason: 'so it is' };
    await on.app.inject({ method: 'POST', url: '/v1/migrations/m1/switch', headers: host, payload: { override } });
    expect((await on.state.migrations.load('m1'))?.overrides).toMatchObject([{ by: 'grace' }]);
  });

  it('of the one token is nobody’s: what the caller calls itself is said beside it', async () => {
    await using on = await servers.start({ token: 'a token of some length' });
    await withMigration(on, 'copying');
    const headers = { ...host, authorization: 'Bearer a token of some length', 'reembed-by': 'grace' };
    expect((await on.app.inject({ method: 'POST', url: '/v1/migrations/m1/pause', headers })).statusCode).toBe(202);
    expect(on.audit.entries()[0]).toMatchObject({ name: 'whoever has REEMBED_TOKEN', knownBy: 'shared-token', says: 'grace' });
  });
});

describe('what other services say in their errors', () => {
  it('goes to admins alone: not with replies, lists, pages and events to those below', async () => {
    await using on = await start();
    const message = `the text service answered 404; ${quoteForeign('the keys of the kingdom')}; mend it`;
    const error = { code: 'text-source-refused', message } as const;
    const waiting = { kind: 'provider' as const, reason: message, since: '2026-01-01T00:00:00.000Z' };
    await on.state.migrations.insert(buildMigration({ id: 'm1', phase: 'failed', error, waiting, alias: null }));
    await on.state.events.publish('m1', { type: 'note', at: '2026-01-01T00:00:00.000Z', message });
    const urls = ['/', '/v1/migrations', '/v1/migrations/m1', '/v1/migrations/m1/report', '/v1/migrations/m1/report.html'];
    for (const url of urls) {
      const [below, admin] = [await ask(on, 'operator', 'GET', url), await ask(on, 'admin', 'GET', url)];
      expect([url, admin.body.includes('of the kingdom'), below.body.includes('of the kingdom')]).toEqual([url, true, false]);
      expect(below.body).toContain('what it says is for admins');
    }
    const address = await on.app.listen({ host: '127.0.0.1', port: 0 });
    for (const role of ['viewer', 'admin'] as const) {
      const stop = new AbortController();
      const reply = await fetch(`${address}/v1/migrations/m1/events`, {
        headers: { ...as(role), 'last-event-id': '0' },
        signal: stop.signal,
      });
      const reader = (reply.body ?? expect.fail()).pipeThrough(new TextDecoderStream()).getReader();
      let seen = '';
      while (!seen.includes('data:')) seen += (await reader.read()).value;
      expect(seen.includes('of the kingdom')).toBe(role === 'admin');
      stop.abort();
    }
  });
});

describe('wrong tokens', () => {
  it('are logged without what was sent, and after ten of them an address is not listened to for a minute, right or wrong, but by name', async () => {
    const lines: string[] = [];
    await using on = await start({ token: 'a token of some length', log: pino({}, { write: (line: string) => void lines.push(line) }) });
    const from = (remoteAddress: string, headers: Record<string, string>) =>
      on.app.inject({ url: '/v1/migrations', headers, remoteAddress });
    for (let time = 0; time < 10; time++) {
      const headers = { ...host, authorization: `Bearer guess number ${time}` };
      expect((await from(time % 2 === 0 ? '2001:db8::1' : '2001:db8:0:0:9::2', headers)).statusCode).toBe(401);
    }
    const limited = await from('2001:db8::3', { ...host, authorization: 'Bearer a token of some length' });
    expect([limited.statusCode, limited.json().code, Number(limited.headers['retry-after']) > 0]).toEqual([429, 'too-many-attempts', true]);
    expect((await from('2001:db8::3', { ...host, authorization: 'Bearer one more guess' })).statusCode).toBe(429);
    expect((await from('2001:db8::3', as('viewer'))).statusCode).toBe(200);
    expect((await from('2001:db8:0:1::1', { ...host, authorization: 'Bearer a token of some length' })).statusCode).toBe(200);
    for (const url of ['/healthz', '/readyz'])
      expect((await on.app.inject({ url, headers: host, remoteAddress: '2001:db8::3' })).statusCode).toBe(200);
    expect(lines.filter((line) => line.includes('a wrong token came'))).toHaveLength(10);
    expect(lines.join()).not.toContain('guess number');
    expect(on.audit.entries().map(short)).toEqual(['limited sign in somebody - - - - -']);
  });

  it('are not what a browser does before it asks for one, nor a token that has run out', async () => {
    const past = { name: 'ci', role: 'viewer' as const, sha256: sha256('of ci'), expires: '2020-01-01T00:00:00Z' };
    await using on = await servers.start({ access: { ...access, tokens: [...access.tokens, past] } });
    for (let time = 0; time < 12; time++) {
      expect((await on.app.inject({ url: '/', headers: host })).statusCode).toBe(401);
      expect((await on.app.inject({ url: '/', headers: { ...host, authorization: 'Bearer of ci' } })).json().message).toContain(
        'of ci was valid',
      );
    }
    expect((await ask(on, 'viewer', 'GET', '/v1/migrations')).statusCode).toBe(200);
  });
});

describe('the audit trail', () => {
  it('has every act: who asked, from where, from which phase to which, and what came of it', async () => {
    await using on = await start();
    await withMigration(on, 'copying');
    await ask(on, 'operator', 'POST', '/v1/migrations/m1/pause');
    await ask(on, 'operator', 'POST', '/v1/migrations/m1/switch');
    await ask(on, 'viewer', 'POST', '/v1/migrations/m1/cancel');
    await ask(on, 'operator', 'POST', '/v1/migrations', spec);
    await ask(on, 'operator', 'POST', '/v1/migrations/m1/rollback');
    await ask(on, 'operator', 'POST', '/v1/migrations/m1/resume', { allowDeletes: 'all' });
    for (const look of ['/v1/migrations', '/v1/migrations/m1', '/']) await ask(on, 'viewer', 'GET', look);
    await ask(on, 'operator', 'POST', '/v1/plans', spec);
    const { id: made = '' } = (await on.state.migrations.list()).find(({ id }) => id !== 'm1') ?? {};
    expect(on.audit.entries().map(short)).toEqual([
      'asked pause olga m1 - - copying -',
      'answered pause olga m1 202 - copying pausing',
      'asked switch olga m1 - - pausing -',
      'answered switch olga m1 409 wrong-state pausing -',
      'refused cancel vera m1 403 forbidden - -',
      'asked submit olga - - - - -',
      `answered submit olga ${made} 201 - - preparing`,
      'refused rollback olga m1 403 forbidden - -',
      'refused resume olga m1 400 invalid-request - -',
    ]);
    const [asked, answered] = on.audit.entries();
    expect(answered?.act).toBe(asked?.id);
    expect(on.audit.entries()[5]?.words).toContain('"docs_v1"');
  });

  it('keeps an act from being done that cannot be written into it, but for a pause', async () => {
    await using on = await start();
    await withMigration(on, 'copying');
    on.audit.append = async () => Promise.reject(new ReembedError('qdrant-unreachable', 'Qdrant is away'));
    const refused = await ask(on, 'operator', 'POST', '/v1/migrations/m1/cancel');
    expect([refused.statusCode, refused.json().code]).toEqual([503, 'audit-unwritten']);
    expect((await on.state.migrations.load('m1'))?.phase).toBe('copying');
    expect((await ask(on, 'operator', 'POST', '/v1/migrations/m1/pause')).statusCode).toBe(202);
  });

  it('holds up no pause while Qdrant does not answer', async () => {
    await using on = await start();
    await withMigration(on, 'copying');
    on.audit.append = () => new Promise(() => {});
    expect((await ask(on, 'operator', 'POST', '/v1/migrations/m1/pause')).statusCode).toBe(202);
  });

  it('takes sixty refusals of one caller in a minute, so that nobody pushes out what others did; the log has them all', async () => {
    const lines: string[] = [];
    await using on = await start({ log: pino({}, { write: (line: string) => void lines.push(line) }) });
    await withMigration(on, 'copying');
    for (let n = 0; n < 65; n++) await ask(on, 'viewer', 'POST', '/v1/migrations/m1/cancel');
    await ask(on, 'operator', 'POST', '/v1/migrations/m1/rollback');
    expect(on.audit.entries().map(({ name }) => name)).toEqual([...Array(60).fill('vera'), 'olga']);
    expect(lines.filter((line) => line.includes('refused with 403'))).toHaveLength(66);
  });

  it('is not changed, nor an act undone, by an answer that cannot be written down: the log has it', async () => {
    const lines: string[] = [];
    await using on = await start({ log: pino({}, { write: (line: string) => void lines.push(line) }) });
    await withMigration(on, 'copying');
    const append = on.audit.append;
    on.audit.append = async (entry) => (entry.kind === 'asked' ? append(entry) : Promise.reject(new Error('gone')));
    expect((await ask(on, 'operator', 'POST', '/v1/migrations/m1/pause')).statusCode).toBe(202);
    expect(on.audit.entries().map(({ kind }) => kind)).toEqual(['asked']);
    expect(lines.find((line) => line.includes('could not be written'))).toContain('"phaseAfter":"pausing"');
  });

  it('is read by operators and admins, page by page, from a moment on, and as lines of JSON', async () => {
    await using on = await start();
    await withMigration(on, 'copying');
    await ask(on, 'operator', 'POST', '/v1/migrations/m1/pause');
    on.clock.advance(60_000);
    await ask(on, 'operator', 'POST', '/v1/migrations/m1/resume');
    expect((await ask(on, 'viewer', 'GET', '/v1/audit')).statusCode).toBe(403);
    const first = auditPageSchema.parse((await ask(on, 'operator', 'GET', '/v1/audit?limit=3')).json());
    const second = auditPageSchema.parse((await ask(on, 'operator', 'GET', `/v1/audit?cursor=${first.next}`)).json());
    expect([...first.entries, ...second.entries]).toEqual(on.audit.entries());
    const since = auditPageSchema.parse((await ask(on, 'operator', 'GET', '/v1/audit?since=2026-01-01T00:00:30Z')).json());
    expect(since.entries.map(({ what }) => what)).toEqual(['resume', 'resume']);
    const exported = await ask(on, 'admin', 'GET', '/v1/audit.ndjson');
    expect(exported.headers['content-type']).toBe('application/x-ndjson');
    expect(
      exported.body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(on.audit.entries());
  });
});
