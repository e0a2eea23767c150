import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  describeFields,
  errorCodes,
  errorReplySchema,
  keepSecret,
  migrationPageSchema,
  migrationViewSchema,
  planSchema,
  pointsEstimateSchema,
  requantizationSchema,
  specSchema,
  submitReplySchema,
  switchBodySchema,
  trialUnderWaySchema,
} from '@reembed/contracts';
import { ReembedError, runStage } from '@reembed/core';
import { createRangeConsumers, createRangeQueue, createStageQueue, createState } from '@reembed/queue';
import { buildMigration } from '@reembed/testkit';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { mostReaders } from './routes/events.ts';
import { host, type ServerSettings, spec, startServers } from './server.fixture.ts';

let servers: Awaited<ReturnType<typeof startServers>>;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers[Symbol.asyncDispose]());

async function start(settings: ServerSettings = {}) {
  const on = await servers.start(settings);
  on.app.addHook('onResponse', async ({ method, routeOptions: { url } }, { statusCode }) => {
    if (/^\/(v1|healthz|readyz)/.test(url ?? '')) answered.add(`${method.toLowerCase()} ${url?.replace(/:(\w+)/g, '{$1}')} ${statusCode}`);
  });
  return on;
}

/** What a target says of the migration that made it. */
const claim = { reembed: { id: 'm1', resolved: { source: 'docs_v1' } } };

type Operation = {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: unknown;
  requestBody?: { content?: Record<string, Media> };
  responses: Record<string, { $ref?: string; content?: Record<string, Media> }>;
};

type App = Awaited<ReturnType<typeof start>>['app'];
const get = (app: App, url: string, headers: Record<string, string> = host) => app.inject({ url, headers });
const post = (app: App, url: string, payload?: object, headers: Record<string, string> = host) =>
  app.inject({ method: 'POST', url, headers, ...(payload === undefined ? {} : { payload }) });

/** Every reply to these tests, to be compared with what the document promises. */
const answered = new Set<string>();
afterAll(async () => {
  await using on = await start();
  const { paths } = (await get(on.app, '/docs/json')).json();
  const promised = Object.entries(paths as Record<string, Record<string, { responses: object }>>).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) => Object.keys(responses).map((status) => `${method} ${path} ${status}`)),
  );
  expect([...answered].filter((reply) => !promised.includes(reply))).toEqual([]);
});

describe('the document at /docs/json', () => {
  it('is valid OpenAPI', async () => {
    await using on = await start();
    const document = (await get(on.app, '/docs/json')).json();
    expect(await new Validator().validate(document)).toEqual({ valid: true });
  });

  it('names every operation once, says what it needs and every way it may end', async () => {
    await using on = await start();
    const { paths, components } = (await get(on.app, '/docs/json')).json();
    const operations = Object.values(paths as Record<string, Record<string, Operation>>).flatMap((path) => Object.values(path));
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { summary, tags, responses } of operations) {
      expect([summary, tags]).toEqual([expect.any(String), [expect.any(String)]]);
      expect(JSON.stringify(responses)).not.toContain('Default Response');
      for (const { $ref } of Object.values(responses)) if ($ref !== undefined) expect(components.responses).toHaveProperty($ref.slice(23));
    }
    expect(operations.filter(({ security }) => security !== undefined).map(({ operationId }) => operationId)).toEqual([
      'isAlive',
      'isReady',
    ]);
  });

  it('lists every route', async () => {
    await using on = await start();
    const { paths } = (await get(on.app, '/docs/json')).json();
    const listed = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(listed.filter((route) => !route.includes('/queues')).sort()).toEqual(served(on.app).sort());
    expect(listed).toContain('POST /v1/migrations/{id}/switch');
  });

  it('has an example of every request and of every reply, each as its schema wants it', async () => {
    await using on = await start();
    const document = (await get(on.app, '/docs/json')).json();
    const [missing, faultsOf]: [string[], (media: Media) => unknown[]] = [[], createJudge(document)];
    for (const [operationId, what, media] of mediaOf(document)) {
      if (media.example === undefined) missing.push(`${operationId} ${what}`);
      else expect([operationId, what, faultsOf(media)]).toEqual([operationId, what, []]);
    }
    expect(missing).toEqual([]);
  });

  it('describes the fields of a spec and of the words to a migration as their schemas do', async () => {
    await using on = await start();
    const { paths, components } = (await get(on.app, '/docs/json')).json();
    const bodyOf = (path: string) => {
      const body = JSON.stringify(paths[path].post.requestBody);
      return JSON.stringify(components.schemas[/schemas\/(\w+)/.exec(body)?.[1] ?? '']);
    };
    const described = (schema: z.ZodType) => describeFields(schema).map(({ description }) => JSON.stringify(description));
    for (const sentence of described(specSchema)) expect(bodyOf('/v1/migrations')).toContain(sentence);
    for (const sentence of described(switchBodySchema)) expect(bodyOf('/v1/migrations/{id}/switch')).toContain(sentence);
  });
});

describe('a path that is there, asked in another way', () => {
  it.each([
    ['DELETE', '/v1/migrations', 'GET, HEAD, POST'],
    ['GET', '/v1/migrations/m1/switch', 'POST'],
    ['PUT', '/v1/migrations/m1/failures?limit=1', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['OPTIONS', '/v1/plans', 'POST'],
  ] as const)('%s %s is answered 405 with what may be asked', async (method, url, allow) => {
    await using on = await start();
    const reply = await on.app.inject({ method, url, headers: host });
    expect([reply.statusCode, reply.headers.allow, errorReplySchema.parse(reply.json()).code]).toEqual([405, allow, 'method-not-allowed']);
  });
});

describe('an address that nothing has', () => {
  const long = 'a'.repeat(15_000);
  it.each([
    ['a migration with a long name', 'GET', `/v1/migrations/${long}`, 404, 'not-found'],
    ['an act on it', 'POST', `/v1/migrations/${long}/pause`, 404, 'not-found'],
    ['a path that is none', 'GET', '/v1/migrations/%zz', 400, 'invalid-request'],
  ] as const)('is answered in the shape of every error: %s', async (_, method, url, status, code) => {
    await using on = await start();
    const reply = await on.app.inject({ method, url, headers: host, ...(method === 'POST' ? { payload: {} } : {}) });
    expect([reply.statusCode, errorReplySchema.parse(reply.json()).code]).toEqual([status, code]);
  });
});

describe('lists', () => {
  it('come page by page, each migration once', async () => {
    await using on = await start();
    for (const second of [1, 2, 3, 4, 5]) {
      const createdAt = `2026-01-01T00:00:0${second}.000Z`;
      await on.state.migrations.insert(buildMigration({ id: `m${second}`, target: `t${second}`, alias: null, createdAt }));
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const reply = await get(on.app, `/v1/migrations?limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      const page = migrationPageSchema.parse(reply.json());
      seen.push(...page.migrations.map(({ id }) => id));
      cursor = page.next;
    }
    expect(seen).toEqual(['m5', 'm4', 'm3', 'm2', 'm1']);
  });

  it.each([
    '/v1/migrations?limit=0',
    '/v1/migrations?limit=1001',
    '/v1/migrations?cursor=x',
    '/v1/migrations/m1/failures?limit=1001',
    '/v1/migrations/m1/late-writes?limit=1001',
  ])('refuse %s', async (url) => {
    await using on = await start();
    await on.state.migrations.insert(buildMigration({ id: 'm1' }));
    const reply = await get(on.app, url);
    expect([reply.statusCode, reply.json().code]).toEqual([400, 'invalid-request']);
  });
});

type Media = { schema: object; example?: unknown };
type Described = { paths: Record<string, Record<string, Operation>>; components: { schemas: object } };

/** Every JSON body of the document: the operation, `request` or the status, and what is said of it. */
function mediaOf({ paths }: Described): [operationId: string, what: string, media: Media][] {
  return Object.values(paths)
    .flatMap((path) => Object.values(path))
    .flatMap(({ operationId = '', requestBody, responses }) =>
      Object.entries({ request: requestBody, ...responses }).flatMap(([what, body]): [string, string, Media][] => {
        const media = body?.content?.['application/json'];
        return media === undefined ? [] : [[operationId, what, media]];
      }),
    );
}

/** Says what of an example is not as its schema wants it. */
function createJudge({ components }: Described): (media: Media) => unknown[] {
  const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema({ $id: 'document', components });
  return ({ schema, example }) => {
    const within = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
    return ajv.validate(within, example) ? [] : (ajv.errors ?? []);
  };
}

/** The routes that the server answers, but for the documents and Bull Board, as OpenAPI writes them. */
function served(app: App): string[] {
  const parents: string[] = [];
  const routes = app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods] = /^([│├└─\s]*)([^\s(]*)(?: \((.*)\))?$/.exec(line) ?? [];
      parents.length = Math.max(0, indent.length / 4 - 1);
      parents.push(part);
      const path = parents.join('').replace(/:(\w+)/g, '{$1}');
      return (methods?.split(', ') ?? []).map((method) => `${method} ${path}`);
    });
  const undocumented = /^(HEAD|OPTIONS) | \/(docs|queues)|\*/;
  return [...new Set(routes)].filter((route) => !undocumented.test(route));
}

describe('POST /v1/trials', () => {
  it('wants a worker, and refuses what is not valid, or cannot run, by field and way out', async () => {
    await using on = await start();
    const refused = async (body: object) => {
      for (;;) {
        const reply = await post(on.app, '/v1/trials', body);
        if (reply.statusCode !== 202) return errorReplySchema.parse(reply.json());
      }
    };
    on.state.fleet.count = 0;
    expect(await refused({ specs: [spec] })).toMatchObject({ code: 'no-worker', message: expect.stringContaining('reembed worker') });
    expect(await refused({ specs: [spec], points: 3 })).toMatchObject({ code: 'invalid-spec', issues: [{ field: 'points', value: 3 }] });
    on.state.fleet.count = 1;
    const alone = { ...spec, vectors: { '': { keep: 'none' } } };
    expect(await refused({ specs: [alone] })).toMatchObject({
      code: 'plan-blocked',
      issues: [expect.objectContaining({ field: 'specs.0.vectors."".keep' })],
    });
    expect((await on.stores.collections.names()).toSorted()).toEqual(['docs_v1']);
  });

  it('says how far it is while it works', async () => {
    await using on = await start();
    on.state.fleet.count = 1;
    const steps = new Set<string>();
    for (let status = 202; status === 202; ) {
      const reply = await post(on.app, '/v1/trials', { specs: [spec] });
      status = reply.statusCode;
      if (status === 202) steps.add(trialUnderWaySchema.parse(reply.json()).progress.step);
    }
    expect([...steps]).toContain('planning');
  });
});

describe('POST /v1/requantizations', () => {
  const request = { collection: 'docs', quantization: { scalar: {} }, queries: 10 };

  it('says what it would do, and does it on the word', async () => {
    await using on = await start();
    const look = async () => (await on.stores.collections.describe('docs_v1'))?.quantizationConfig;
    const planned = await post(on.app, '/v1/requantizations', request);
    expect([planned.statusCode, requantizationSchema.parse(planned.json()).state, await look()]).toEqual([200, 'planned', null]);
    const done = await post(on.app, '/v1/requantizations', { ...request, apply: true });
    expect([done.statusCode, requantizationSchema.parse(done.json()).state]).toEqual([200, 'done']);
    expect(await look()).toEqual({ scalar: { type: 'int8' } });
    expect(await on.state.migrations.list()).toEqual([]);
  });

  it('refuses what is not valid by field, value and way out', async () => {
    await using on = await start();
    const refused = await post(on.app, '/v1/requantizations', { ...request, quantization: { scalar: { quantile: 2 } }, aply: true });
    expect(refused.statusCode).toBe(400);
    const { code, issues } = errorReplySchema.parse(refused.json());
    expect(code).toBe('invalid-request');
    expect(issues).toMatchObject([
      { field: 'quantization.scalar.quantile', value: 2 },
      { field: 'aply', value: true },
    ]);
  });

  it('wants the token', async () => {
    await using on = await start({ token: 'a token of some length' });
    expect((await post(on.app, '/v1/requantizations', { ...request, apply: true })).statusCode).toBe(401);
    expect((await on.stores.collections.describe('docs_v1'))?.quantizationConfig).toBeNull();
  });
});

describe('who may pass', () => {
  const paths = ['/', '/v1/migrations', '/docs/json', '/queues', '/queues/api/queues', '/nowhere'];
  it.each(paths)('guards %s by the token', async (path) => {
    await using on = await start({ token: 'a token of some length' });
    const refused = await get(on.app, path);
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['www-authenticate']).toContain('Basic');
    expect(refused.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("'none'"),
    });
    expect(errorReplySchema.parse(refused.json()).code).toBe('unauthorized');
    const basic = `Basic ${Buffer.from('me:a token of some length').toString('base64')}`;
    for (const authorization of ['Bearer a token of some length', basic]) {
      expect((await get(on.app, path, { ...host, authorization })).statusCode).not.toBe(401);
    }
  });

  it.each(paths)('turns a name that is not loopback away from %s where there is no token', async (path) => {
    await using on = await start();
    expect((await get(on.app, path, { host: 'evil.example' })).statusCode).toBe(403);
    for (const name of ['localhost:8765', '[::1]:8765', '127.0.0.1'])
      expect((await get(on.app, path, { host: name })).statusCode).not.toBe(403);
  });

  it.each(['/healthz', '/readyz'])('lets everybody see %s', async (path) => {
    await using on = await start({ token: 'a token of some length' });
    expect((await get(on.app, path, { host: 'reembed.example' })).statusCode).toBe(200);
  });
});

describe('pages and replies', () => {
  it.each(['/', '/docs', '/docs/json', '/queues', '/v1/migrations', '/v1/migrations/m1/report.html', '/readyz', '/nowhere'])(
    '%s stands in no page of another site, is taken for nothing else, and loads nothing from elsewhere',
    async (path) => {
      await using on = await start();
      await on.state.migrations.insert(buildMigration({ id: 'm1', phase: 'copying' }));
      const { headers } = await get(on.app, path);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).not.toMatch(/https:|swagger\.io|upgrade-insecure/);
    },
  );
});

describe('an act from the page of another site', () => {
  it.each(['/v1/migrations/m1/pause', '/queues/api/queues/q/pause'])('is refused: %s', async (path) => {
    await using on = await start({ boardWritable: true });
    await on.state.migrations.insert(buildMigration({ id: 'm1', phase: 'copying' }));
    const refused = await post(on.app, path, undefined, { ...host, origin: 'https://evil.example' });
    expect(refused.statusCode).toBe(403);
    expect(errorReplySchema.parse(refused.json()).message).toContain('another site');
    expect((await on.state.migrations.load('m1'))?.phase).toBe('copying');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])('is no JSON: %s', async (type) => {
    await using on = await start();
    const refused = await on.app.inject({
      method: 'POST',
      url: '/v1/migrations',
      headers: { ...host, 'content-type': type },
      payload: '{}',
    });
    expect(refused.statusCode).toBe(415);
  });
});

describe('health', () => {
  it('is ready when Qdrant and Redis answer, and says what does not', async () => {
    await using on = await start();
    expect((await get(on.app, '/readyz')).json()).toEqual({ qdrant: 'ok', redis: 'ok', workers: 1 });
    on.deps.collections.serverVersion = async () =>
      Promise.reject(new ReembedError('qdrant-unreachable', 'at http://qdrant.internal: whatever a proxy says'));
    const away = await get(on.app, '/readyz');
    expect(away.statusCode).toBe(503);
    expect(away.json().qdrant).toBe(`${errorCodes['qdrant-unreachable'].meaning} [qdrant-unreachable]`);
    expect((await get(on.app, '/healthz')).json()).toEqual({ status: 'ok' });
  });
});

describe('looking while Qdrant is away', () => {
  it('shows a migration and the list with what Redis knows, and why it waits', async () => {
    await using on = await start();
    const waiting = { kind: 'away' as const, reason: 'Qdrant is away [qdrant-unreachable]', since: '2026-01-01T00:00:00.000Z' };
    await on.state.migrations.insert(buildMigration({ id: 'm1', phase: 'copying', waiting }));
    on.deps.setAside.count = async () => Promise.reject(new ReembedError('qdrant-unreachable', 'Qdrant is away'));
    const one = await get(on.app, '/v1/migrations/m1');
    expect(one.statusCode).toBe(200);
    expect(migrationViewSchema.parse(one.json())).toMatchObject({ phase: 'copying', waiting, progress: { setAside: null } });
    expect((await get(on.app, '/v1/migrations')).json().migrations).toMatchObject([{ id: 'm1', waiting }]);
  });
});

describe('submitting', () => {
  it('answers 201 for a new migration, 200 for one that runs, and shows it', async () => {
    await using on = await start();
    const created = await post(on.app, '/v1/migrations', spec);
    expect([created.statusCode, created.json().how]).toEqual([201, 'created']);
    const { id } = submitReplySchema.parse(created.json());
    const again = await post(on.app, '/v1/migrations', spec);
    expect([again.statusCode, again.json().how, again.json().id]).toEqual([200, 'running', id]);
    expect(migrationViewSchema.parse((await get(on.app, `/v1/migrations/${id}`)).json())).toMatchObject({ id, phase: 'preparing' });
    expect((await get(on.app, '/v1/migrations')).json().migrations).toMatchObject([{ id }]);
  });

  it('honours the Idempotency-Key', async () => {
    await using on = await start();
    const headers = { ...host, 'idempotency-key': 'k' };
    const first = await post(on.app, '/v1/migrations', spec, headers);
    const second = await post(on.app, '/v1/migrations', spec, headers);
    expect([first.statusCode, second.statusCode, second.json().how]).toEqual([201, 201, 'repeated']);
    const other = await post(on.app, '/v1/migrations', { ...spec, name: 'other' }, headers);
    expect([other.statusCode, other.json().code]).toEqual([409, 'idempotency-conflict']);
  });

  it('refuses an Idempotency-Key that is too long', async () => {
    await using on = await start();
    const refused = await post(on.app, '/v1/migrations', spec, { ...host, 'idempotency-key': 'k'.repeat(256) });
    expect([refused.statusCode, refused.json().code]).toEqual([400, 'invalid-request']);
    expect(await on.state.migrations.list()).toEqual([]);
  });

  it.each(['/v1/migrations', '/v1/plans'])('names every fault of a spec sent to %s', async (path) => {
    await using on = await start();
    const wrong = await post(on.app, path, { ...spec, copy: { pagePoints: 0 }, tpyo: 1 });
    expect(wrong.statusCode).toBe(422);
    expect(wrong.json()).toMatchObject({
      code: 'invalid-spec',
      issues: expect.arrayContaining([expect.objectContaining({ field: 'tpyo' })]),
    });
    const empty = await post(on.app, path);
    expect([empty.statusCode, empty.json().code]).toEqual([422, 'invalid-spec']);
  });

  it('says what blocks it, and creates nothing', async () => {
    await using on = await start();
    const blocked = await post(on.app, '/v1/migrations', { ...spec, source: { collection: 'nope' } });
    expect(blocked.statusCode).toBe(422);
    expect(blocked.json()).toMatchObject({ code: 'plan-blocked', issues: [{ field: 'source.collection', value: 'nope' }, {}] });
    expect(await on.stores.collections.names()).toEqual(['docs_v1']);
  });

  it.each<[string, string, (one: object) => object]>([
    ['/v1/migrations', '', (one) => one],
    ['/v1/plans', '', (one) => one],
    ['/v1/trials', 'specs.1.', (one) => ({ specs: [spec, one] })],
  ])('names addresses in a spec that the configuration does not allow, sent to %s', async (path, at, bodyOf) => {
    await using on = await start({ hosts: ['texts.example.com'] });
    const reaching = (url: string) =>
      bodyOf({
        ...spec,
        source: { ...spec.source, textFrom: { url: 'https://texts.example.com/by-id' } },
        switch: { freeze: { url } },
      });
    const refused = await post(on.app, path, reaching('http://169.254.169.254/latest'));
    expect([refused.statusCode, refused.json().code]).toEqual([422, 'address-not-allowed']);
    expect(refused.json().issues).toMatchObject([{ field: `${at}switch.freeze.url`, message: expect.stringContaining('reach.hosts') }]);
    expect(await on.state.migrations.list()).toEqual([]);
    expect((await post(on.app, path, reaching('https://texts.example.com/freeze'))).json().code).not.toBe('address-not-allowed');
  });

  it('plans without writing', async () => {
    await using on = await start();
    const acts = on.stores.acts.length;
    const planned = await post(on.app, '/v1/plans', spec);
    expect([planned.statusCode, planSchema.parse(planned.json()).source.points]).toEqual([200, 1]);
    expect(on.stores.acts).toHaveLength(acts);
    expect(await on.state.migrations.list()).toEqual([]);
  });

  it('prices points that nobody has yet, and refuses what cannot be by its field', async () => {
    await using on = await start();
    const acts = on.stores.acts.length;
    const found = await post(on.app, '/v1/estimates', { points: 1e9, meanChars: 340, models: ['fake/4'] });
    // A token of the fake model is a word: 30 of 170 characters.
    expect([found.statusCode, pointsEstimateSchema.parse(found.json()).models[0]?.tokens]).toEqual([200, 60e9]);
    expect(on.stores.acts).toHaveLength(acts);
    const refused = await post(on.app, '/v1/estimates', { points: 1, meanChars: 340, models: ['fake/4'], language: 'klingon' });
    expect([refused.statusCode, errorReplySchema.parse(refused.json()).issues?.[0]?.field]).toEqual([400, 'language']);
  });

  it('keeps every digit of a filter on its way to the migration, and a poisoned body out', async () => {
    await using on = await start();
    on.stores.put('docs_v1', [{ id: { kind: 'integer', id: '9007199254740993' }, payload: '{"body":"big"}', vectors: {} }]);
    const filter = '{"must":[{"has_id":[9007199254740993]}]}';
    const body = JSON.stringify(spec).replace('"docs_v1"', `"docs_v1","filter":${filter}`);
    const headers = { ...host, 'content-type': 'application/json' };
    const planned = await on.app.inject({ method: 'POST', url: '/v1/plans', headers, payload: body });
    expect(planSchema.parse(planned.json()).source).toMatchObject({ points: 1, allPoints: 2 });
    const made = submitReplySchema.parse((await on.app.inject({ method: 'POST', url: '/v1/migrations', headers, payload: body })).json());
    expect((await on.state.migrations.load(made.id))?.spec.source.filter).toBe(filter);
    const poisoned = await on.app.inject({ method: 'POST', url: '/v1/plans', headers, payload: body.replace('{"must"', '{"__proto__"') });
    expect(poisoned.statusCode).toBe(400);
  });
});

describe('a body with too much in it', () => {
  const deep = (depth: number) => `${'{"must":'.repeat(depth)}{}${'}'.repeat(depth)}`;
  it.each([
    ['nesting', JSON.stringify(spec).replace('"docs_v1"', `"docs_v1","filter":${deep(5_000)}`), 'nested deeper than 64'],
    [
      'paths',
      JSON.stringify({ ...spec, target: { ...spec.target, payload: { include: Array(100_000).fill('a') } } }),
      'target.payload.include',
    ],
    [
      'vectors',
      JSON.stringify({ ...spec, vectors: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [n, {}])) }),
      'vectors (20000',
    ],
  ])('is refused before anything is made of it: %s', async (_, payload, words) => {
    await using on = await start();
    const headers = { ...host, 'content-type': 'application/json' };
    for (const url of ['/v1/plans', '/v1/migrations']) {
      const refused = await on.app.inject({ method: 'POST', url, headers, payload });
      expect(refused.statusCode).toBe(400);
      expect(errorReplySchema.parse(refused.json())).toMatchObject({ code: 'invalid-request', message: expect.stringContaining(words) });
    }
  });

  it('is a template that has no room in metadata: it is refused by its size', async () => {
    await using on = await start();
    const vectors = { '': { embed: { model: 'fake/4', text: '{{body}} '.repeat(20_000) } } };
    const refused = await post(on.app, '/v1/plans', { ...spec, vectors });
    expect([refused.statusCode, refused.json().issues?.[0]?.field]).toEqual([422, 'vectors..embed.text']);
  });
});

it('a body that does not come is not waited for: its connection ends', async () => {
  await using on = await start({ bodyTimeoutMs: 100 });
  const { port } = new URL(await on.app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('POST /v1/plans HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
});

it.each([
  ['what is no HTTP', 'what?\r\n\r\n', 400],
  ['two lengths of one body', 'POST /v1/plans HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}', 400],
  ['headers without end', `GET /v1/migrations HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  [
    'a body that does not come',
    'POST /v1/plans HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    408,
  ],
])('%s is answered in the shape of every error', async (_what, bytes, status) => {
  await using on = await start({ bodyTimeoutMs: 100 });
  const { port } = new URL(await on.app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(bytes);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(errorReplySchema.parse(JSON.parse(body)).code).toBe('invalid-request');
});

it('says no secret that somebody wrote into a document before it was known for one', async () => {
  await using on = await start();
  const error = { code: 'qdrant-refused', message: 'the proxy said: api-key: key-of-an-old-process' } as const;
  await on.state.migrations.insert(buildMigration({ id: 'm1', phase: 'failed', error }));
  keepSecret('key-of-an-old-process');
  for (const path of ['/v1/migrations/m1', '/v1/migrations', '/'])
    expect((await get(on.app, path)).body).not.toContain('key-of-an-old-process');
  expect((await get(on.app, '/v1/migrations/m1')).json().error.message).toBe('the proxy said: api-key: (secret)');
});

describe('errors', () => {
  it('answers what is not there, and what is malformed, in one shape', async () => {
    await using on = await start();
    const replies = [
      [await get(on.app, '/nowhere'), 404, 'not-found'],
      [await get(on.app, '/docs/static/no-such-file.js'), 404, 'not-found'],
      [await get(on.app, '/v1/migrations/nope'), 404, 'not-found'],
      [await get(on.app, '/v1/migrations/nope/events'), 404, 'not-found'],
      [await post(on.app, '/v1/migrations/nope/pause'), 404, 'not-found'],
      [
        await on.app.inject({ method: 'POST', url: '/v1/plans', headers: { ...host, 'content-type': 'application/json' }, payload: '{' }),
        400,
        'invalid-request',
      ],
      [
        await on.app.inject({ method: 'POST', url: '/v1/plans', headers: { ...host, 'content-type': 'text/csv' }, payload: 'a,b' }),
        415,
        'invalid-request',
      ],
    ] as const;
    for (const [reply, status, code] of replies) {
      expect([reply.statusCode, errorReplySchema.parse(reply.json()).code]).toEqual([status, code]);
    }
  });

  it('keeps a defect to itself', async () => {
    await using on = await start();
    on.deps.migrations.list = async () => Promise.reject(new TypeError('at /home/someone'));
    const reply = await get(on.app, '/v1/migrations');
    expect([reply.statusCode, reply.json().code]).toEqual([500, 'internal']);
    expect(reply.body).not.toContain('someone');
  });
});

describe('commands', () => {
  it.each([
    ['pause', 'copying', {}, 'pausing'],
    ['resume', 'paused', {}, 'copying'],
    ['cancel', 'copying', undefined, 'cancelling'],
    ['verify', 'ready', undefined, 'verifying'],
    ['switch', 'ready', undefined, 'switching'],
    ['rollback', 'observing', { loseWrites: 3 }, 'rolling-back'],
    ['rollback', 'observing', undefined, 'rolling-back'],
    ['complete', 'observing', { confirm: 'docs_v1' }, 'completing'],
  ] as const)('%s answers 202 while %s', async (name, phase, body, to) => {
    await using on = await start();
    await on.stores.collections.create('target', { vectors: {}, metadata: claim });
    await on.stores.collections.dropAlias('docs');
    if (phase === 'observing') await on.stores.collections.pointAlias('a', 'target');
    const passed = { verdict: 'pass' as const, reasons: [] };
    const gates = { at: '2026-01-01T00:00:00.000Z', fidelity: passed, quality: passed };
    await on.state.migrations.insert(buildMigration({ id: 'm1', phase, target: 'target', alias: 'a', gates }));
    const reply = await post(on.app, `/v1/migrations/m1/${name}`, body);
    expect([reply.statusCode, reply.json().phase]).toEqual([202, to]);
    expect(on.state.stageQueue.jobs).toEqual([{ migrationId: 'm1', phaseNumber: 2 }]);
  });

  it('answers 409 to what the phase does not allow, with what is possible', async () => {
    await using on = await start();
    await on.state.migrations.insert(buildMigration({ id: 'm1', phase: 'copying' }));
    const reply = await post(on.app, '/v1/migrations/m1/switch');
    expect([reply.statusCode, reply.json().code]).toEqual([409, 'wrong-state']);
    expect(reply.json().message).toContain('possible now: pause, cancel');
  });

  it.each([
    ['pause', { force: true }],
    ['rollback', { loseWrites: -1 }],
    ['rollback', { losewrites: 1 }],
    ['cancel', { dropVectors: 'new' }],
    ['complete', { confirm: 7 }],
  ])('refuses %s with %j', async (name, body) => {
    await using on = await start();
    await on.state.migrations.insert(buildMigration({ id: 'm1', phase: 'observing' }));
    const reply = await post(on.app, `/v1/migrations/m1/${name}`, body);
    expect([reply.statusCode, reply.json().code]).toEqual([400, 'invalid-request']);
  });
});

describe('acts', () => {
  const keep = () => {
    const said: { msg: string; act?: string; by?: string; migration?: string; status?: number }[] = [];
    const log = pino({}, { write: (line: string) => said.push(JSON.parse(line)) });
    return { log, acts: () => said.splice(0).filter(({ act }) => act !== undefined) };
  };

  it('are logged with who asked, done or refused, and what only looks is not', async () => {
    const { log, acts } = keep();
    await using on = await start({ log });
    const { id } = (
      await post(on.app, '/v1/migrations', spec, { ...host, 'reembed-by': encodeURIComponent('Zo\u00eb@laptop\u001b[2J') })
    ).json();
    for (const look of ['/v1/migrations', `/v1/migrations/${id}`, '/healthz']) await get(on.app, look);
    await post(on.app, '/v1/plans', spec);
    await post(on.app, `/v1/migrations/${id}/switch`);
    expect(acts()).toMatchObject([
      { msg: `Zo\u00eb@laptop[2J from 127.0.0.1: submit ${id}, done`, act: 'submit', by: 'Zo\u00eb@laptop[2J from 127.0.0.1', status: 201 },
      { msg: `somebody from 127.0.0.1: switch ${id}, refused with 409`, act: 'switch', migration: id, status: 409 },
    ]);
  });

  it('of those who may not pass are none', async () => {
    const { log, acts } = keep();
    await using on = await start({ log, token: 'a token of some length' });
    expect((await post(on.app, '/v1/migrations', spec)).statusCode).toBe(401);
    expect(acts()).toEqual([]);
  });

  it('of a change of quantization are one, however often it is asked whether it is done', async () => {
    const { log, acts } = keep();
    await using on = await start({ log });
    const request = { collection: 'docs', quantization: { scalar: {} }, queries: 10 };
    for (const apply of [false, true, true, true]) await post(on.app, '/v1/requantizations', { ...request, apply });
    expect(acts()).toMatchObject([{ act: 'requantize', status: 200 }]);
  });

  it('that are decisions are kept in the metadata with who took them', async () => {
    await using on = await start();
    const passed = { verdict: 'pass' as const, reasons: [] };
    const gates = { at: '2026-01-01T00:00:00.000Z', fidelity: passed, quality: passed };
    await on.stores.collections.create('target', { vectors: {}, metadata: claim });
    await on.state.migrations.insert(buildMigration({ id: 'm1', phase: 'ready', target: 'target', alias: 'a', gates }));
    expect((await post(on.app, '/v1/migrations/m1/switch', undefined, { ...host, 'reembed-by': 'ada' })).json()).toMatchObject({
      id: 'm1',
    });
    const { metadata } = (await on.stores.collections.describe('target')) ?? {};
    expect(metadata?.['reembed.decisions']).toMatchObject({ approvals: [{ act: 'switch', by: 'ada from 127.0.0.1' }] });
  });
});

describe('events', () => {
  it('streams what happens, from after the last one seen, until the reader or the server goes', async () => {
    await using on = await start();
    await on.state.migrations.insert(buildMigration({ id: 'm1' }));
    for (const message of ['one', 'two']) await on.state.events.publish('m1', { type: 'note', at: '2026-01-01T00:00:00.000Z', message });
    const url = await on.app.listen({ host: '127.0.0.1', port: 0 });
    const ended = Promise.withResolvers<void>();
    const follow = on.deps.events.follow;
    on.deps.events.follow = (id, after, signal) => {
      signal.addEventListener('abort', () => ended.resolve());
      return follow(id, after, signal);
    };
    const stop = new AbortController();
    const reply = await fetch(`${url}/v1/migrations/m1/events`, { headers: { 'last-event-id': '1' }, signal: stop.signal });
    expect(reply.headers.get('content-type')).toContain('text/event-stream');
    const reader = (reply.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    let seen = '';
    while (!seen.includes('data:')) seen += (await reader.read()).value;
    expect(seen).toMatch(/^: reembed\n\nid: 2\nevent: note\ndata: \{.*"two".*\}\n\n$/);
    stop.abort();
    await reader.closed.catch(() => undefined);
    await ended.promise;
  });

  it('are followed by a bounded number of readers; whoever comes then is told the way out, and let in once one has gone', async () => {
    await using on = await start();
    await on.state.migrations.insert(buildMigration({ id: 'm1' }));
    const url = await on.app.listen({ host: '127.0.0.1', port: 0 });
    const follow = async () => {
      const stop = new AbortController();
      const { status, body } = await fetch(`${url}/v1/migrations/m1/events`, { signal: stop.signal });
      return { status, stop, body };
    };
    const [first, ...others] = await Promise.all(Array.from({ length: mostReaders }, follow));
    expect([first?.status, ...others.map(({ status }) => status)]).toEqual(Array(mostReaders).fill(200));
    const refused = await get(on.app, '/v1/migrations/m1/events');
    expect([refused.statusCode, refused.json()]).toEqual([
      503,
      { code: 'too-many-readers', message: expect.stringContaining('GET /v1/migrations/m1 tells how it stands') },
    ]);
    first?.stop.abort();
    await first?.body?.cancel().catch(() => undefined);
    await expect.poll(async () => (await follow()).status).toBe(200);
  });

  it('ends when the server closes', async () => {
    const on = await start();
    await on.state.migrations.insert(buildMigration({ id: 'm1' }));
    const url = await on.app.listen({ host: '127.0.0.1', port: 0 });
    const reply = await fetch(`${url}/v1/migrations/m1/events`);
    const body = reply.text();
    await on.app.close();
    expect(await body.catch(() => ': reembed')).toContain(': reembed');
  });
});

describe('a migration whose document cannot be read', () => {
  const unread = {
    id: 'm1',
    target: 'docs_v2',
    alias: 'docs',
    code: 'document-damaged' as const,
    message: 'the document of m1 cannot be read',
  };

  it('is shown as such in the list, by its name and on the page, beside those that can', async () => {
    await using on = await start();
    await on.state.migrations.insert(buildMigration({ id: 'm2', target: 't_m2', alias: null, phase: 'copying' }));
    const { load } = on.state.migrations;
    const refused = async (id: string) => (id === 'm1' ? Promise.reject(new ReembedError(unread.code, unread.message)) : load(id));
    Object.assign(on.state.migrations, { load: refused, unreadable: async () => [unread] });
    const list = migrationPageSchema.parse((await get(on.app, '/v1/migrations')).json());
    expect([list.unreadable, list.migrations.map(({ id }) => id)]).toEqual([[unread], ['m2']]);
    for (const name of ['m1', 'docs_v2']) {
      const { statusCode, body } = await get(on.app, `/v1/migrations/${name}`);
      expect([statusCode, JSON.parse(body)]).toEqual([409, { code: unread.code, message: unread.message }]);
    }
    const page = (await get(on.app, '/')).body;
    expect([page.includes(unread.message), page.includes('t_m2')]).toEqual([true, true]);
    const queue = createRangeQueue({ redis: servers.redis, prefix: servers.prefix });
    await queue.announce('m1');
    await expect.poll(async () => (await get(on.app, '/queues/api/queues')).body).toContain('"m1"');
    await queue.remove('m1');
  });
});

it('jobs that nobody can work on are listed, counted on the page and shown by Bull Board', async () => {
  await using on = await start();
  const letter = {
    queue: 'stages',
    job: 'm1-1',
    name: 'conquer',
    reason: 'is of kind "conquer"',
    data: '{}',
    at: '2026-01-01T00:00:00.000Z',
  };
  Object.assign(on.deps.deadLetters, { list: async () => [letter] });
  expect((await get(on.app, '/v1/dead-letters')).json()).toEqual({ deadLetters: [letter] });
  expect((await get(on.app, '/')).body).toContain('One job that nobody can work on');
  expect((await get(on.app, '/queues/api/queues')).body).toContain('dead letters');
});

describe('the page at /', () => {
  it('shows what runs, where it stands and where to look on, and what has ended apart', async () => {
    await using on = await start();
    const waiting = { kind: 'worker' as const, reason: 'for a worker', since: '2026-01-01T00:00:00.000Z' };
    const error = { code: 'model-changed', message: 'other vectors' } as const;
    for (const [id, change] of Object.entries({
      m1: { phase: 'copying', waiting },
      m2: { phase: 'failed', error },
      m3: { phase: 'completed' },
    } as const))
      await on.state.migrations.insert(buildMigration({ id, target: `t_${id}`, alias: null, ...change }));
    const page = await get(on.app, '/');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    for (const words of ['copying', 'for a worker', 'other vectors', 'One worker runs', '/queues', '/docs/json'])
      expect(page.body).toContain(words);
    for (const id of ['m1', 'm2', 'm3']) expect(page.body).toContain(`href="/v1/migrations/${id}/report.html"`);
    const [running = '', past = ''] = page.body.split('<h2>Ended</h2>');
    expect([running.includes('t_m1'), running.includes('t_m2'), running.includes('t_m3'), past.includes('t_m3')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    for (const [, href] of page.body.matchAll(/href="(\/[^"]*)"/g))
      expect([href, (await get(on.app, href ?? '')).statusCode]).toEqual([href, 200]);
  });

  it('says what to do where nothing runs', async () => {
    await using on = await start();
    expect((await get(on.app, '/')).body).toContain('No migration runs');
  });

  it('shows names as they are, and runs and loads nothing', async () => {
    await using on = await start();
    const name = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e';
    const migration = buildMigration({ id: 'm1', phase: 'copying' });
    await on.state.migrations.insert({ ...migration, spec: { ...migration.spec, name } });
    const page = await get(on.app, '/');
    expect(page.body).not.toMatch(/<script|<img|<b>/);
    expect(page.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });
});

describe('Bull Board', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const id = (text: string) => ({ kind: 'integer', id: text }) as const;
  type Shown = { name: string; jobs: { name: string; failedReason?: string; data: unknown }[] };
  const shownQueues = async (app: App, active: string) =>
    (await get(app, `/queues/api/queues?activeQueue=${encodeURIComponent(active)}&status=latest&page=1&jobsPerPage=10`)).json()
      .queues as Shown[];

  it('names the queue of a migration after it, and shows of each job its range, phase and last error', async () => {
    await using on = await start();
    const pass = { number: 1, kind: 'copy', sourcePoints: 10, startedAt: at } as const;
    const migration = buildMigration({ id: 'm-named', phase: 'copying', pass });
    await on.state.migrations.insert({ ...migration, spec: { ...migration.spec, name: 'Books, all' } });
    const [queue, state] = [
      createRangeQueue({ redis: servers.redis, prefix: servers.prefix }),
      createState({ redis: servers.redis, prefix: servers.prefix }),
    ];
    await state.ranges.append('m-named', 0, [{ seq: 0, start: null, end: id('4000') }], { cursor: id('4000'), done: false });
    await state.ranges.append('m-named', 1, [{ seq: 1, start: id('4000'), end: null }], { cursor: null, done: true });
    await state.ranges.claim('m-named', 1, 0, 'holder');
    await state.ranges.checkpoint('m-named', 1, 0, 'holder', id('300'), { points: 256 });
    await queue.announce('m-named');
    const job = { migrationId: 'm-named', pass: 1 };
    await queue.enqueue([{ ...job, seq: 0 }]);
    const consumer = await createRangeConsumers({
      ...{ redis: servers.redis, prefix: servers.prefix, concurrency: 1, streamsOf: async () => 1 },
      handler: async () => ({ again: 3_600_000, why: 'Qdrant is away [qdrant-unreachable]' }),
    });
    const title = 'Books, all (m-named)';
    const board = () => shownQueues(on.app, title).then((queues) => queues.find(({ name }) => name === title));
    await expect.poll(async () => (await board())?.jobs[0]?.failedReason).toBe('Qdrant is away [qdrant-unreachable]');
    await consumer.stop(30_000);
    await queue.enqueue([{ ...job, seq: 1 }]);
    const shown = await board();
    expect(shown?.jobs.map(({ name }) => name).sort()).toEqual([
      'range 0 (copy) while copying: from the first id to before 4000, now at 300 after 256 points',
      'range 1 (copy) while copying: from 4000 to the last',
    ]);
    expect(shown?.jobs.map(({ data }) => data)).toContainEqual({ ...job, seq: 1 });
    await queue.remove('m-named');
  });

  it('shows of each stage the migration, the phase, what it waits for and what went wrong', async () => {
    await using on = await start();
    const migration = buildMigration({
      ...{ id: 'm-stage', phase: 'observing', waiting: { kind: 'worker', reason: 'for a worker', since: at } },
      error: { code: 'wrong-state', message: 'still read' },
    });
    await on.state.migrations.insert({ ...migration, spec: { ...migration.spec, name: 'Books' } });
    const stages = createStageQueue({ redis: servers.redis, prefix: servers.prefix });
    await stages.enqueue({ migrationId: 'm-stage', phaseNumber: 4 });
    await createState({ redis: servers.redis, prefix: servers.prefix }).modelCalls.request({
      callId: 'c',
      model: 'openai/x',
      dimensions: null,
      call: 'witness',
    });
    const jobs = async (active: string) => (await shownQueues(on.app, active)).find(({ name }) => name === active)?.jobs;
    expect(await jobs('stages')).toMatchObject([{ name: 'Books (m-stage): observing, waiting: for a worker', failedReason: 'still read' }]);
    expect(await jobs('model calls')).toMatchObject([{ name: 'witness of openai/x' }]);
  });

  it('loads nothing from elsewhere', async () => {
    await using on = await start();
    const page = await get(on.app, '/queues');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('static/js/main');
    expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });

  it("shows stages, model calls and every migration's queue as it comes and goes", async () => {
    await using on = await start();
    const titles = async () =>
      (await get(on.app, '/queues/api/queues')).json().queues.map(({ name }: { name: string }) => name) as string[];
    const before = await titles();
    const queue = createRangeQueue({ redis: servers.redis, prefix: servers.prefix });
    await queue.announce('m-board');
    await expect.poll(titles).toHaveLength(before.length + 1);
    await queue.remove('m-board');
    await expect.poll(titles).toEqual(before);
    expect((await get(on.app, '/queues')).statusCode).toBe(200);
  });

  it.each([
    [false, 405],
    [true, 200],
  ])('writable %s: a change is answered with %i', async (boardWritable, status) => {
    await using on = await start({ boardWritable });
    const { queues } = (await get(on.app, '/queues/api/queues')).json() as { queues: { name: string; readOnlyMode: boolean }[] };
    expect(queues.every(({ readOnlyMode }) => readOnlyMode === !boardWritable)).toBe(true);
    const name = encodeURIComponent(queues[0]?.name ?? '');
    const reply = await on.app.inject({ method: 'PUT', url: `/queues/api/queues/${name}/pause`, headers: host });
    expect(reply.statusCode).toBe(status);
    if (boardWritable) await on.app.inject({ method: 'PUT', url: `/queues/api/queues/${name}/resume`, headers: host });
  });
});

it('runs the stages of what was submitted', async () => {
  await using on = await start();
  const { id } = (await post(on.app, '/v1/migrations', spec)).json();
  expect(await runStage(on.deps, { migrationId: id, phaseNumber: 1 }, new AbortController().signal)).toEqual({ again: 100 });
  expect(on.state.modelCalls.asked).toMatchObject([{ model: 'fake/4', call: 'witness' }]);
});
