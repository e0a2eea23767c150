import { isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Wrong tokens that an address may send, and the seconds after which it is listened to again. */
const mostAttempts = 10;
const periodSeconds = 60;

export type Attempts = {
  /** Seconds that an address has to wait; 0: it may try. */
  waitSeconds(ip: string): Promise<number>;
  /** Counts and logs a wrong token, and answers whether it was the last one that is listened to. Nothing of the token is said. */
  failed(ip: string): Promise<boolean>;
};

/** Counts wrong tokens by address, in this process alone: a guess costs six seconds, and a log holds no more lines than that. */
export function createAttempts(log: Logger): Attempts {
  const limiter = new RateLimiterMemory({ points: mostAttempts, duration: periodSeconds });
  return {
    async waitSeconds(ip) {
      const known = await limiter.get(networkOf(ip));
      return known !== null && known.consumedPoints >= mostAttempts ? Math.max(1, Math.ceil(known.msBeforeNext / 1000)) : 0;
    },
    async failed(ip) {
      const { consumedPoints } = await limiter.penalty(networkOf(ip));
      log.warn({ from: ip, attempts: consumedPoints }, `a wrong token came from ${ip}`);
      return consumedPoints === mostAttempts;
    },
  };
}

/** Who has an address of IPv6 has 2^64 of them. */
function networkOf(ip: string): string {
  if (!isIPv6(ip) || ip.startsWith('::ffff:')) return ip;
  const [head = '', tail] = ip.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const whole = tail === undefined ? before : [...before, ...Array(8 - before.length - after.length).fill('0'), ...after];
  return whole.slice(0, 4).join(':');
}
