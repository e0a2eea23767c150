import { randomUUID } from 'node:crypto';
import { documentFormat, type Gates } from '@reembed/contracts';
import { buildGates, buildMigration } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { createState } from '../create-state.ts';
import { keysOf } from '../redis/keys.ts';
import { openTestRedis } from '../test-redis.fixture.ts';

const { server, redis } = await openTestRedis();
const keys = keysOf(server.prefix);
const state = createState({ redis, prefix: server.prefix });

async function stored(change: (doc: Record<string, unknown>) => unknown) {
  const migration = buildMigration();
  await state.migrations.insert(migration);
  const doc = JSON.parse((await redis.requests.hget(keys.migration(migration.id), 'doc')) ?? '');
  const changed = change(doc);
  await redis.requests.hset(keys.migration(migration.id), 'doc', typeof changed === 'string' ? changed : JSON.stringify(changed));
  return migration;
}

describe('a document that cannot be read', () => {
  it.each([
    ['is no JSON', () => '{"id":', 'it is no JSON object'],
    ['is no object', () => [], 'it is no JSON object'],
    ['has no phase', ({ phase: _, ...doc }) => doc, 'phase: '],
    ['has a phase that there is not', (doc) => ({ ...doc, phase: 'dreaming' }), 'phase: '],
    ['has a spec that there is not', (doc) => ({ ...doc, spec: { ...(doc.spec as object), vectors: {} } }), 'spec.vectors: '],
    ['is of another migration', (doc) => ({ ...doc, id: 'another' }), 'id: is "another"'],
  ] satisfies [string, (doc: Record<string, unknown>) => unknown, string][])(
    '%s: it is shown with why, and stops no other',
    async (_, change, why) => {
      const good = buildMigration();
      await state.migrations.insert(good);
      const { id, spec } = await stored(change);
      const message = expect.stringContaining(why);
      await expect(state.migrations.load(id)).rejects.toMatchObject({ code: 'document-damaged', message });
      await expect(state.migrations.update(id, (now) => now)).rejects.toMatchObject({ code: 'document-damaged' });
      const { collection: target, alias } = spec.target;
      expect(await state.migrations.unreadable()).toContainEqual({ id, target, alias, code: 'document-damaged', message });
      const listed = (await state.migrations.list()).map((one) => one.id);
      expect([listed.includes(id), listed.includes(good.id)]).toEqual([false, true]);
    },
  );

  it('of a later format is left alone, and says that this process is the older one', async () => {
    const { id } = await stored((doc) => ({ ...doc, format: documentFormat + 1, phase: 'dreaming' }));
    await expect(state.migrations.load(id)).rejects.toMatchObject({ code: 'newer-version', message: expect.stringContaining('Upgrade') });
  });
});

it('fields that a newer process has added stay, whoever changes the document', async () => {
  const { id } = await stored((doc) => ({ ...doc, mood: 'calm' }));
  await state.migrations.update(id, (now) => ({ ...now, epoch: 7 }));
  expect(JSON.parse((await redis.requests.hget(keys.migration(id), 'doc')) ?? '')).toMatchObject({
    mood: 'calm',
    epoch: 7,
    format: documentFormat,
  });
});

it('a document from before formats were is read', async () => {
  const { id } = await stored(({ format: _, ...doc }) => doc);
  expect(await state.migrations.load(id)).toMatchObject({ id });
});

it.each([
  ['no JSON', '{"at":'],
  ['of a later format', JSON.stringify({ ...buildGates(), format: 2 })],
  ['something else', '{"at":"2026-01-01T00:00:00.000Z"}'],
])('what gates measured and drew counts as not there where it is %s', async (_, text) => {
  const id = randomUUID();
  await redis.requests.set(keys.gates(id), text);
  await redis.requests.set(keys.gateDraw(id), text);
  expect([await state.gates.load(id), await state.gates.draw(id)]).toEqual([null, null]);
  await state.gates.save(id, buildGates());
  expect(await state.gates.load(id)).toEqual(buildGates() satisfies Gates);
});

it('an answer of a model call that cannot be read is asked for again, and one of a later format says so', async () => {
  const call = { callId: randomUUID(), call: 'witness' as const, model: 'fake/4', dimensions: null };
  const key = keys.modelCall(call.callId);
  await redis.requests.set(key, '{"ok":true}');
  await state.modelCalls.request(call);
  expect(await state.modelCalls.result(call.callId)).toBeNull();
  expect(await redis.requests.exists(key)).toBe(0);
  await redis.requests.set(key, JSON.stringify({ format: 2, ok: true }));
  expect(await state.modelCalls.result(call.callId)).toMatchObject({ ok: false, code: 'newer-version' });
});
