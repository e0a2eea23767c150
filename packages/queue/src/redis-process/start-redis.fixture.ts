import { startRedis } from './start-redis.ts';

/** Starts a Redis, says where, and stays until it is killed. `node start-redis.fixture.ts [directory]` */
const [dir] = process.argv.slice(2);
const redis = await startRedis(dir === undefined ? {} : { dir });
process.send?.(redis.url);
setInterval(() => {}, 60_000);
