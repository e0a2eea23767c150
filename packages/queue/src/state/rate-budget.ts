import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelLimits } from '@reembed/contracts';
import type { RateBudget } from '@reembed/core';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered, createScriptRunner, type Script } from '../redis/requests.ts';

export type MinuteLimits = Pick<ModelLimits, 'requestsPerMinute' | 'inputsPerMinute' | 'tokensPerMinute'>;

export type RateBudgetOptions = {
  /** What the provider allows; null: nothing is known, only holds count. */
  readonly limitsOf: (model: string) => MinuteLimits | null;
  /** Over how long those who waited for the same moment are spread, in ms. */
  readonly spreadMs?: number;
  /** The length of a "minute", in seconds. */
  readonly windowSeconds?: number;
};

/** Only ever later: a short hold does not shorten a long one. Redis' own clock times it. */
const holdScript: Script = {
  name: 'reembedHold',
  lua: `if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end`,
};

/** One look at a window is not trusted for longer: what others took and gave back meanwhile may leave room. */
const maxWaitMs = 5_000;

type Share = { readonly limiter: RateLimiterRedis; readonly points: number };

/** The budget of each model, shared by every process on the same Redis: a hold after a 429, and the provider's limits a minute. */
export function createRateBudget({ requests }: RedisConnections, keys: Keys, options: RateBudgetOptions): RateBudget {
  const run = createScriptRunner(requests);
  const spreadMs = options.spreadMs ?? 250;
  const limiters = createLimiters(requests, keys.budget, options);
  const holdLeftMs = (model: string) => answered(requests.pttl(keys.hold(model)));

  async function whileHeld(model: string, signal: AbortSignal): Promise<void> {
    for (let left = await holdLeftMs(model); left > 0; left = await holdLeftMs(model)) {
      await pause(left + Math.random() * spreadMs, signal);
    }
  }

  return {
    async pass(model, need, signal) {
      for (;;) {
        signal.throwIfAborted();
        await whileHeld(model, signal);
        const shares = limiters(model, need);
        const waitMs = await takeAll(model, shares);
        if (waitMs > 0) {
          await pause(Math.min(waitMs, maxWaitMs) + Math.random() * spreadMs, signal);
          continue;
        }
        // A 429 may have arrived while the budget was taken.
        if ((await holdLeftMs(model)) <= 0) return signal.throwIfAborted();
        await giveBack(model, shares);
      }
    },
    async coolDown(model, ms) {
      if (ms > 0) await run(holdScript, [keys.hold(model)], [Math.ceil(ms)]);
    },
  };
}

/** The limiters a request has to pass and what it takes from each. A need larger than a whole window takes the whole window. */
function createLimiters(redis: RedisConnections['requests'], prefix: string, { limitsOf, windowSeconds = 60 }: RateBudgetOptions) {
  const made = new Map<string, RateLimiterRedis>();
  const limiter = (kind: string, points: number) => {
    const name = `${kind}:${points}`;
    const found =
      made.get(name) ?? new RateLimiterRedis({ storeClient: redis, keyPrefix: `${prefix}:${kind}`, points, duration: windowSeconds });
    made.set(name, found);
    return found;
  };
  return (model: string, need: { inputs: number; tokens: number }): Share[] => {
    const limits = limitsOf(model);
    const kinds: [string, number | null | undefined, number][] = [
      ['tokens', limits?.tokensPerMinute, need.tokens],
      ['inputs', limits?.inputsPerMinute, need.inputs],
      ['requests', limits?.requestsPerMinute, 1],
    ];
    return kinds.flatMap(([kind, limit, wanted]) => {
      const points = Math.min(Math.ceil(wanted), limit ?? 0);
      return points > 0 && limit ? [{ limiter: limiter(kind, limit), points }] : [];
    });
  };
}

/** Takes from every limiter or from none. Answers 0, or for how many ms the first that refused has nothing. */
async function takeAll(model: string, shares: readonly Share[]): Promise<number> {
  for (const [index, { limiter, points }] of shares.entries()) {
    const refusal = await answered(limiter.consume(model, points)).then(() => null, refusalOf);
    if (refusal === null) continue;
    // The limiter counts what it refuses, so that is given back too.
    await giveBack(model, shares.slice(0, index + 1));
    return Math.max(1, refusal.msBeforeNext);
  }
  return 0;
}

async function giveBack(model: string, shares: readonly Share[]): Promise<void> {
  for (const { limiter, points } of shares) await answered(limiter.reward(model, points));
}

function refusalOf(reason: unknown): RateLimiterRes {
  if (reason instanceof RateLimiterRes) return reason;
  throw reason;
}

/** Throws the signal's reason. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
