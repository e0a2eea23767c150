import { createState } from '../create-state.ts';
import { connectRedis } from '../redis/connect-redis.ts';
import { createRangeConsumers } from './range-consumers.ts';

/**
 * A worker process that takes up a range, checkpoints its first page, says so and then never gets on: a test kills it.
 * `node range-consumer.fixture.ts <redis url> <prefix>`
 */
const [url = '', prefix = ''] = process.argv.slice(2);
const redis = await connectRedis({ url });
const state = createState({ redis, prefix });

await createRangeConsumers({
  redis,
  prefix,
  concurrency: 1,
  lockDurationMs: 1_000,
  stalledIntervalMs: 1_000,
  streamsOf: async () => 1,
  async handler({ migrationId, pass, seq }) {
    await state.ranges.claim(migrationId, pass, seq, 'the killed one');
    await state.ranges.checkpoint(migrationId, pass, seq, 'the killed one', { kind: 'integer', id: '5' }, { points: 5 });
    process.send?.({ holding: seq });
    return new Promise(() => {});
  },
});
