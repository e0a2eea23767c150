import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelLimits } from '@reembed/contracts';
import type { Passage, RateBudget, RequestNeed, Standing } from '@reembed/core';
import type { RedisConnections } from '../redis/connect-redis.ts';
import type { Keys } from '../redis/keys.ts';
import { answered, createScriptRunner } from '../redis/requests.ts';
import { createLearntFits } from './learnt-fits.ts';
import { endScript, holdScript, passScript, queryFailedScript, renewScript, returnScript } from './rate-scripts.ts';

export type MinuteLimits = Pick<ModelLimits, 'requestsPerMinute' | 'inputsPerMinute' | 'tokensPerMinute'>;

export type RateBudgetOptions = {
  /** What the provider allows; null: nothing is known, only holds count. */
  readonly limitsOf: (model: string) => MinuteLimits | null;
  /** Over how long those who waited for the same moment are spread, in ms. */
  readonly spreadMs?: number;
  /** The length of a "minute", in seconds. */
  readonly windowSeconds?: number;
};

/**
 * How late a request may leave, in ms. A process that stood still would send all that it owes at once: together with what is granted ahead that has to stay
 * below the second that providers count by.
 */
const latestMs = 300;
/** Late so often in succession, a request leaves all the same: a Redis that is far away makes everything late. */
const mostLate = 2;

/** The share of a limit that is used: the clocks of a provider and of Redis are two, and what is on its way arrives unevenly. */
const usedShare = 0.99;

/** What all migrations that have no share of their own may use together of a provider's limits, while a gateway asks it too. */
const shareBesideQueries = { of: 'besides-queries', part: 0.75 };
/** Queries that have gone first for so long are a reason that people are told, in ms. */
const toldAfterMs = 10_000;

/** A request that says nothing of itself for so long belongs to a process that is gone, in ms. */
const leaseMs = 60_000;

/**
 * The budget of each model, shared by every process on the same Redis: holds, the provider's limits a minute, and how many requests at once.
 * Limits are kept by pacing: a request is given its moment, as far apart from the one before as the limit wants, so that no process begins a
 * minute with all of it and runs into a provider that counts by the second.
 */
export function createRateBudget({ requests }: RedisConnections, keys: Keys, options: RateBudgetOptions): RateBudget & Standing {
  const run = createScriptRunner(requests);
  const { spreadMs = 250 } = options;
  const learnt = createLearntFits(requests, keys);
  const keysFor = (model: string) => {
    const { hold, trouble, probe, pace, underWay, fits, queries } = keys.provider(model);
    return [hold, trouble, probe, pace, underWay, fits, queries];
  };
  const isHeld = async (model: string) => (await answered(requests.pttl(keys.provider(model).hold))) > 0;

  /** Asks for the request's moment until it is given one. Answers when that is, by performance.now(). */
  async function ask(model: string, { intervals, isQuery = false }: Asked, id: string, signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      const askedAt = performance.now();
      const [verdict, ms] = (await run(passScript, keysFor(model), [id, leaseMs, ...intervals, isQuery ? 1 : 0])) as [string, number];
      if (verdict === 'go') return askedAt + ms;
      await pause(ms + Math.random() * (verdict === 'held' ? spreadMs : 0), signal);
    }
  }

  function passageOf(model: string, id: string, isQuery = false): Passage & { readonly forget: () => void } {
    const renew = setInterval(() => void run(renewScript, keysFor(model), [id, leaseMs]).catch(() => undefined), leaseMs / 3);
    renew.unref();
    return {
      forget: () => clearInterval(renew),
      async end(hasAnswered) {
        clearInterval(renew);
        await run(endScript, keysFor(model), [id, hasAnswered ? 1 : 0]);
        if (isQuery && !hasAnswered) await run(queryFailedScript, keysFor(model));
      },
    };
  }

  /** Queries have all; what has no share of its own has what is not kept for them. */
  async function shareOf({ share, isQuery = false }: RequestNeed): Promise<RequestNeed['share']> {
    if (isQuery || share !== undefined) return share;
    return (await answered(requests.exists(keys.gateways))) > 0 ? shareBesideQueries : undefined;
  }

  /** The pace of one migration's own share: a request waits for its moment there, and then for the one that all others wait for, too. */
  async function passShare(model: string, need: RequestNeed, signal: AbortSignal): Promise<void> {
    const share = await shareOf(need);
    if (share === undefined) return;
    const lane = `${model}@${share.of}`;
    const id = randomUUID();
    const intervals = intervalsOf(options, model, need).map((ms) => ms / share.part);
    const moment = await ask(lane, { intervals }, id, signal);
    await run(endScript, keysFor(lane), [id, 1]);
    await pause(Math.max(0, moment - performance.now()), signal);
  }

  /** Ends what was not sent. */
  async function giveBack(
    model: string,
    id: string,
    intervals: readonly number[],
    { forget }: { readonly forget: () => void },
  ): Promise<void> {
    forget();
    await run(returnScript, keysFor(model), [id, 0, ...intervals]);
  }

  return {
    ...learnt,
    async pass(model, need, signal) {
      await passShare(model, need, signal);
      const intervals = intervalsOf(options, model, need);
      for (let late = 0; ; ) {
        const id = randomUUID();
        const moment = await ask(model, { intervals, isQuery: need.isQuery }, id, signal);
        const passage = passageOf(model, id, need.isQuery);
        try {
          const waitMs = moment - performance.now();
          if (waitMs > 0) await pause(waitMs, signal);
          // A hold may have come while its moment was waited for: then there was too much, and its place is nobody's.
          if (waitMs > 0 && (await isHeld(model))) {
            await passage.end(false);
            continue;
          }
        } catch (error) {
          await giveBack(model, id, intervals, passage);
          throw error;
        }
        if (late >= mostLate || performance.now() - moment <= latestMs) return passage;
        late += 1;
        await giveBack(model, id, intervals, passage);
      }
    },
    async coolDown(model, ms, why) {
      if (ms > 0) await run(holdScript, keysFor(model), [Math.ceil(ms), why]);
    },
    async held(model) {
      const { hold, queries } = keys.provider(model);
      const [why, leftMs, since, queriesMs, [seconds]] = await Promise.all([
        answered(requests.get(hold)),
        answered(requests.pttl(hold)),
        answered(requests.get(queries)),
        answered(requests.pttl(queries)),
        answered(requests.time()),
      ]);
      if (why !== null && leftMs > 0) return { why, leftMs };
      if (since === null || queriesMs <= 0 || Number(seconds) * 1_000 - Number(since) < toldAfterMs) return null;
      return { why: 'queries of applications wait for it, or fail, and go first', leftMs: queriesMs };
    },
    async lift(model) {
      const { hold, trouble, probe, queries } = keys.provider(model);
      await answered(requests.unlink(hold, trouble, probe, queries));
    },
  };
}

/** `intervals`: how many ms it takes of each limit. */
type Asked = { readonly intervals: readonly number[]; readonly isQuery?: boolean | undefined };

/** How far apart requests of this need are to be, by limit, in ms; 0: there is none. A need larger than a whole window takes the whole window. */
function intervalsOf(
  { limitsOf, windowSeconds = 60 }: RateBudgetOptions,
  model: string,
  need: { inputs: number; tokens: number },
): number[] {
  const limits = limitsOf(model);
  const wanted: [number | null | undefined, number][] = [
    [limits?.requestsPerMinute, 1],
    [limits?.inputsPerMinute, need.inputs],
    [limits?.tokensPerMinute, need.tokens],
  ];
  return wanted.map(([limit, amount]) => (limit ? (Math.min(amount, limit) / (limit * usedShare)) * windowSeconds * 1_000 : 0));
}

/** Throws the signal's reason. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
