import { runStateContract, startTestRedis } from '@reembed/testkit';
import { createState } from './create-state.ts';
import { connectRedis } from './redis/connect-redis.ts';

runStateContract('Redis', async () => {
  const server = await startTestRedis();
  const redis = await connectRedis({ url: server.url });
  return {
    ...createState({ redis, prefix: server.prefix, spreadMs: 20 }),
    async [Symbol.asyncDispose]() {
      await redis.close();
      await server[Symbol.asyncDispose]();
    },
  };
});
