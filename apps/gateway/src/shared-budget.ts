import { addedTally, type GatewaySettings, type SearchTally, withoutSecrets } from '@reembed/contracts';
import { type Clock, createOwnBudget, isReembedError, type ModelCatalogue, type RateBudget, summarizeError } from '@reembed/core';
import { connectRedis, createState, type RedisConnections, type State } from '@reembed/queue';
import type { Logger } from 'pino';

export type SharedBudgetOptions = {
  readonly settings: Pick<GatewaySettings, 'redisUrl' | 'redisPrefix'>;
  readonly catalogue: Pick<ModelCatalogue, 'facts'>;
  readonly clock: Clock;
  readonly log: Logger;
};

export type SharedBudget = {
  readonly budget: RateBudget;
  /** What was found of searches of a migration, for its report; nothing where no Redis is shared. */
  tally(migration: string, found: SearchTally): void;
  close(): Promise<void>;
};

/** How often a gateway says that it is there, and looks whether Redis is, in ms. */
const announceEveryMs = 10_000;
/** How long a query may wait for a Redis that is away, once in so long, in ms. */
const patienceMs = 500;

type Shared = { readonly redis: RedisConnections; readonly state: State };

/**
 * The budget of providers. With a Redis it is that of the fleet, in which queries go before everything else and migrations leave a part for them. Without
 * one, or while it is away, a gateway asks as if it were alone: no query waits for a Redis.
 */
export async function createSharedBudget({ settings, catalogue, clock, log }: SharedBudgetOptions): Promise<SharedBudget> {
  const own = createOwnBudget(clock);
  const { redisUrl: url, redisPrefix: prefix } = settings;
  if (url === undefined) {
    log.info('REDIS_URL is not set: limits of providers are not shared with migrations, which leave nothing for queries');
    return { budget: own, tally: () => {}, close: async () => {} };
  }
  let shared: Shared | null = null;
  let isAway = false;
  /** By migration; told now and then. */
  const tallies = new Map<string, SearchTally>();

  function tell(error: unknown): void {
    if (!isAway)
      log.warn({ redis: withoutSecrets(url ?? '') }, `limits of providers are not shared for now: ${summarizeError(error).message}`);
    isAway = true;
  }

  async function announce(): Promise<void> {
    try {
      const redis = shared?.redis ?? (await connectRedis({ url: url ?? '', connectTimeoutMs: 2_000, patienceMs }));
      const limitsOf = (model: string) => catalogue.facts(model)?.limits ?? null;
      shared ??= { redis, state: createState({ redis, prefix, limitsOf }) };
      await shared.state.gateways.announce();
      for (const [migration, found] of [...tallies]) {
        tallies.delete(migration);
        await shared.state.searchTallies.add(migration, found);
      }
      if (isAway) log.info('limits of providers are shared with migrations again');
      isAway = false;
    } catch (error) {
      tell(error);
    }
  }

  /** The fleet's answer, or the own one where Redis does not give any. */
  async function ask<Answer>(act: (budget: RateBudget) => Promise<Answer>): Promise<Answer> {
    if (shared === null || isAway) return act(own);
    try {
      return await act(shared.state.rateBudget);
    } catch (error) {
      if (!isReembedError(error, 'redis-unreachable')) throw error;
      tell(error);
      return act(own);
    }
  }

  await announce();
  if (!isAway) log.info({ redis: withoutSecrets(url) }, 'limits of providers are shared with migrations, and queries go first');
  const timer = setInterval(() => void announce(), announceEveryMs);
  timer.unref();
  return {
    budget: {
      async pass(model, need, signal) {
        const passage = await ask((budget) => budget.pass(model, { ...need, isQuery: true }, signal));
        // That a Redis went meanwhile is no fault of the answer.
        return { end: (answered, tokens) => passage.end(answered, tokens).catch(tell) };
      },
      coolDown: (model, ms, why) => ask((budget) => budget.coolDown(model, ms, why)),
      fits: (model) => ask((budget) => budget.fits(model)),
      learn: (model, fits) => ask((budget) => budget.learn(model, fits)),
      crowded: (model) => ask((budget) => budget.crowded(model)),
    },
    tally: (migration, found) => void tallies.set(migration, addedTally(tallies.get(migration), found)),
    async close() {
      clearInterval(timer);
      if (shared !== null && !isAway) await announce();
      await shared?.redis.close();
    },
  };
}
