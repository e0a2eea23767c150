import { createState } from '../create-state.ts';
import { connectRedis } from '../redis/connect-redis.ts';

/** Another process on the budget: passes again and again and tells when it asked and when it passed, by the machine's clock. */
const [url = '', prefix = '', model = ''] = process.argv.slice(2);
const redis = await connectRedis({ url });
const { rateBudget } = createState({ redis, prefix, spreadMs: 50 });
const never = new AbortController().signal;

await Promise.all(
  Array.from({ length: 10 }, async () => {
    for (;;) {
      const asked = Date.now();
      const passage = await rateBudget.pass(model, { inputs: 1, tokens: 1 }, never);
      process.send?.({ asked, passed: Date.now() });
      await passage.end(true);
      await new Promise(setImmediate);
    }
  }),
);
