import { createHash, randomUUID } from 'node:crypto';
import type { GateStore, InsertResult, Migration, Migrations } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered, createScriptRunner, type Script } from '../redis/requests.ts';

const idempotencyHours = 24;
/** A measurement that has not ended in a day began anew long ago. */
const drawSeconds = 86_400;

/**
 * The document, the claims on its target and alias, and the idempotency key: all or nothing. Here and below, a caller that repeats
 * itself because the reply got lost on the way is told what it would have heard.
 */
const insertScript: Script = {
  name: 'reembedInsertMigration',
  lua: `
    local migration, migrations, claims, idempotency = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
    local id, doc, createdAt, target, alias, repeated, seconds = unpack(ARGV)
    if repeated ~= '' then
      local before = redis.call('GET', idempotency)
      if before == repeated then return {'inserted'} end
      if before then return {'repeated', before} end
    end
    local stored = redis.call('HGET', migration, 'doc')
    if stored == doc then return {'inserted'} end
    if stored then return {'target', id} end
    local holder = redis.call('HGET', claims, 'target:' .. target)
    if holder and holder ~= id then return {'target', holder} end
    if alias ~= '' then
      holder = redis.call('HGET', claims, 'alias:' .. alias)
      if holder and holder ~= id then return {'alias', holder} end
      redis.call('HSET', claims, 'alias:' .. alias, id)
    end
    redis.call('HSET', claims, 'target:' .. target, id)
    redis.call('HSET', migration, 'doc', doc, 'revision', 1, 'target', target, 'alias', alias)
    redis.call('ZADD', migrations, createdAt, id)
    if repeated ~= '' then redis.call('SET', idempotency, repeated, 'EX', seconds) end
    return {'inserted'}`,
};

const updateScript: Script = {
  name: 'reembedUpdateMigration',
  lua: `
    local revision, writer = unpack(redis.call('HMGET', KEYS[1], 'revision', 'writer'))
    if writer == ARGV[3] then return 1 end
    if revision ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'doc', ARGV[2], 'writer', ARGV[3])
    redis.call('HINCRBY', KEYS[1], 'revision', 1)
    return 1`,
};

const releaseScript: Script = {
  name: 'reembedReleaseMigration',
  lua: `
    local names = redis.call('HMGET', KEYS[1], 'target', 'alias')
    for i, kind in ipairs({'target:', 'alias:'}) do
      if names[i] and redis.call('HGET', KEYS[2], kind .. names[i]) == ARGV[1] then redis.call('HDEL', KEYS[2], kind .. names[i]) end
    end`,
};

/** The migration documents: JSON with a revision, changed only by whoever read the revision it replaces. */
export function createMigrations({ requests }: RedisConnections, keys: Keys): Migrations {
  const run = createScriptRunner(requests);

  async function loadRevision(id: string): Promise<{ migration: Migration; revision: string } | null> {
    const [doc, revision] = await answered(requests.hmget(keys.migration(id), 'doc', 'revision'));
    return typeof doc === 'string' && typeof revision === 'string' ? { migration: JSON.parse(doc), revision } : null;
  }

  return {
    async insert(migration, idempotency) {
      const { target } = migration.spec;
      const reply = await run(
        insertScript,
        [keys.migration(migration.id), keys.migrations, keys.claims, keys.idempotency(hashed(idempotency?.key ?? ''))],
        [
          migration.id,
          JSON.stringify(migration),
          Date.parse(migration.createdAt),
          target.collection,
          target.alias ?? '',
          idempotency === undefined ? '' : JSON.stringify({ id: migration.id, fingerprint: idempotency.fingerprint }),
          idempotencyHours * 3600,
        ],
      );
      return insertResult(reply);
    },
    async load(id) {
      return (await loadRevision(id))?.migration ?? null;
    },
    async list() {
      const ids = await answered(requests.zrevrange(keys.migrations, 0, -1));
      const loaded = await Promise.all(ids.map(loadRevision));
      return loaded.flatMap((found) => (found === null ? [] : [found.migration]));
    },
    async update(id, change) {
      // Every lost round means that somebody else got on, so this ends.
      for (;;) {
        const found = await loadRevision(id);
        const next = found === null ? null : change(found.migration);
        if (found === null || next === null) return null;
        if ((await run(updateScript, [keys.migration(id)], [found.revision, JSON.stringify(next), randomUUID()])) === 1) return next;
      }
    },
    async release(id) {
      await run(releaseScript, [keys.migration(id), keys.claims], [id]);
    },
    async remove(id) {
      await run(releaseScript, [keys.migration(id), keys.claims], [id]);
      await answered(requests.unlink(...keys.kept(id)));
      // Last, so that one half forgotten is found again.
      await answered(requests.unlink(keys.migration(id)));
      await answered(requests.zrem(keys.migrations, id));
    },
    async byIdempotencyKey(key) {
      const found = await answered(requests.get(keys.idempotency(hashed(key))));
      return found === null ? null : JSON.parse(found);
    },
  };
}

function insertResult(reply: unknown): InsertResult {
  const [kind, detail] = Array.isArray(reply) ? reply.map(String) : [];
  if (kind === 'inserted') return { kind };
  if ((kind === 'target' || kind === 'alias') && detail !== undefined) return { kind: 'taken', what: kind, by: detail };
  if (kind === 'repeated' && detail !== undefined) return { kind, ...JSON.parse(detail) };
  throw new Error(`unexpected reply to an insert: ${JSON.stringify(reply)}`);
}

/** Callers choose idempotency keys; a hash keeps them short and out of Redis' key space. */
function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** What gates measured, a key a migration: it is too long for the document, which every look at a migration loads. */
export function createGates({ requests }: RedisConnections, keys: Keys): GateStore {
  const read = async (key: string) => {
    const text = await answered(requests.get(key));
    return text === null ? null : JSON.parse(text);
  };
  return {
    async save(id, gates) {
      await answered(requests.set(keys.gates(id), JSON.stringify(gates)));
    },
    load: (id) => read(keys.gates(id)),
    async saveDraw(id, draw) {
      await answered(requests.set(keys.gateDraw(id), JSON.stringify(draw), 'EX', drawSeconds));
    },
    draw: (id) => read(keys.gateDraw(id)),
  };
}
