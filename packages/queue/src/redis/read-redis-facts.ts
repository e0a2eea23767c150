import type { RedisFacts } from '@reembed/core';
import { connectRedis } from './connect-redis.ts';

/** What a Redis says of itself, for whoever has to judge whether it will do. Changes nothing. Throws `redis-unreachable`. */
export async function readRedisFacts(url: string, now: () => number): Promise<RedisFacts> {
  const connections = await connectRedis({ url });
  try {
    const info = await connections.requests.info();
    const said = (field: string) => new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;
    const before = now();
    const [seconds = 0, microseconds = 0] = (await connections.requests.time()).map(Number);
    const between = (before + now()) / 2;
    return {
      version: said('redis_version') ?? '0',
      policy: said('maxmemory_policy'),
      maxMemoryBytes: Number(said('maxmemory') ?? 0),
      usedMemoryBytes: Number(said('used_memory') ?? 0),
      keepsEveryWrite: said('aof_enabled') === '1',
      lastSave: said('aof_enabled') === '1' ? said('aof_last_write_status') : said('rdb_last_bgsave_status'),
      clockAheadMs: seconds * 1_000 + microseconds / 1_000 - between,
    };
  } finally {
    await connections.close();
  }
}
