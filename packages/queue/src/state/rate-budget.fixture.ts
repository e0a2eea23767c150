import { connectRedis } from '../connect-redis.ts';
import { createState } from '../create-state.ts';

/** Another process on the budget: passes again and again and tells when, by the clock of the machine, until it is ended. */
const [url = '', prefix = '', model = ''] = process.argv.slice(2);
const redis = await connectRedis({ url });
const { rateBudget } = createState({ redis, prefix, spreadMs: 50 });
const never = new AbortController().signal;

await Promise.all(
  Array.from({ length: 10 }, async () => {
    for (;;) {
      await rateBudget.pass(model, { inputs: 1, tokens: 1 }, never);
      process.send?.(Date.now());
      await new Promise(setImmediate);
    }
  }),
);
