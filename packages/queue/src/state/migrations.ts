import { createHash, randomUUID } from 'node:crypto';
import { gatesSchema, pointIdSchema, type Unreadable } from '@reembed/contracts';
import { type GateStore, type InsertResult, isUnreadable, type Migration, type Migrations } from '@reembed/core';
import { z } from 'zod';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { parsedJson } from '../redis/parsed-json.ts';
import { answered, createScriptRunner, type Script } from '../redis/requests.ts';
import type { Seal } from '../redis/seal.ts';
import { readDocument, textOfDocument } from './migration-document.ts';

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

  /** What was read last: every range that is worked on looks whether its migration stands, and the spec of one may have megabytes of labels. */
  const read = new Map<string, { readonly doc: string; readonly migration: Migration }>();

  async function loadRevision(id: string): Promise<{ migration: Migration; revision: string } | null> {
    const [doc, revision, target] = await answered(requests.hmget(keys.migration(id), 'doc', 'revision', 'target'));
    if (typeof doc !== 'string' || typeof revision !== 'string') {
      read.delete(id);
      return null;
    }
    const last = read.get(id);
    const migration = last?.doc === doc ? last.migration : readDocument(id, doc, target ?? null);
    read.set(id, { doc, migration });
    return { migration, revision };
  }

  /** Every one there is, newest first: as it is, or why it cannot be read. */
  async function loadAll(): Promise<(Migration | Unreadable)[]> {
    const ids = await answered(requests.zrevrange(keys.migrations, 0, -1));
    const loaded = await Promise.all(ids.map((id) => loadRevision(id).catch((error: unknown) => unreadable(id, error))));
    return loaded.flatMap((found) => (found === null ? [] : ['migration' in found ? found.migration : found]));
  }

  async function unreadable(id: string, error: unknown): Promise<Unreadable> {
    if (!isUnreadable(error)) throw error;
    const [target, alias] = await answered(requests.hmget(keys.migration(id), 'target', 'alias'));
    return { id, target: target || null, alias: alias || null, code: error.code, message: error.message };
  }

  return {
    async insert(migration, idempotency) {
      const { target } = migration.spec;
      const reply = await run(
        insertScript,
        [keys.migration(migration.id), keys.migrations, keys.claims, keys.idempotency(hashed(idempotency?.key ?? ''))],
        [
          migration.id,
          textOfDocument(migration),
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
    list: async () => (await loadAll()).flatMap((found) => ('spec' in found ? [found] : [])),
    unreadable: async () => (await loadAll()).flatMap((found) => ('spec' in found ? [] : [found])),
    async update(id, change) {
      // Every lost round means that somebody else got on, so this ends.
      for (;;) {
        const found = await loadRevision(id);
        const next = found === null ? null : change(found.migration);
        if (found === null || next === null) return null;
        if ((await run(updateScript, [keys.migration(id)], [found.revision, textOfDocument(next), randomUUID()])) === 1) return next;
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
      read.delete(id);
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

/** What was written before formats were is of the first. What another format says is not known here: it is measured, or drawn, again. */
const format = z.literal(1).default(1);
const storedGatesSchema = gatesSchema.extend({ format });
const drawSchema = z.object({
  format,
  at: z.string(),
  points: z.array(pointIdSchema),
  knownItems: z.array(z.object({ text: z.string(), document: z.string() })),
});

/** What gates measured, a key a migration: it is too long for the document, which every look at a migration loads. */
export function createGates({ requests }: RedisConnections, keys: Keys, seal: Seal): GateStore {
  const read = async <T extends { format: 1 }>(key: string, schema: z.ZodType<T>): Promise<Omit<T, 'format'> | null> => {
    const text = await answered(requests.get(key));
    const stored = text === null ? undefined : schema.safeParse(parsedJson(seal.open(text, key))).data;
    if (stored === undefined) return null;
    const { format: _, ...value } = stored;
    return value;
  };
  // They quote the texts that were compared.
  const sealed = (value: object, key: string) => seal.seal(JSON.stringify(value), key);
  return {
    async save(id, gates) {
      await answered(requests.set(keys.gates(id), sealed({ ...gates, format: 1 }, keys.gates(id))));
    },
    load: (id) => read(keys.gates(id), storedGatesSchema),
    async saveDraw(id, draw) {
      await answered(requests.set(keys.gateDraw(id), sealed({ ...draw, format: 1 }, keys.gateDraw(id)), 'EX', drawSeconds));
    },
    draw: (id) => read(keys.gateDraw(id), drawSchema),
  };
}
