import { startTestRedis, type TestRedis } from '@reembed/testkit';
import { afterAll } from 'vitest';
import { connectRedis, type RedisConnections } from './redis/connect-redis.ts';

/** A Redis for the tests of one file, connected; both end after the last of them. */
export async function openTestRedis(): Promise<{ readonly server: TestRedis; readonly redis: RedisConnections }> {
  const server = await startTestRedis();
  const redis = await connectRedis({ url: server.url });
  afterAll(async () => {
    await redis.close();
    await server[Symbol.asyncDispose]();
  });
  return { server, redis };
}
