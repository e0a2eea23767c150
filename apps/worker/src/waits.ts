import type { Clock } from '@reembed/core';
import type { Log } from '@reembed/queue';

/** What holds work up, told once when it begins and once when it is over, however many ranges or requests meet it in between. */
export type Waits = {
  /** Work on something (a migration, a model) was held up, under a code, for a reason in words. */
  met(scope: string, code: string, reason: string): void;
  /** Work on it got on: what has not come up for a while is over. */
  gotOn(scope: string): void;
  /** Nobody works on it here any more; without a scope, on anything. */
  close(scope?: string): void;
};

type Wait = { readonly scope: string; readonly code: string; readonly reason: string; readonly since: Date; last: Date };

/** Of ranges that run side by side one may get on while the others are held up: only a rest of this length, in ms, is the end of a wait. */
const overAfterMs = 30_000;

/** `tell`: of each that begins (1) and is over (-1). */
export function createWaits(log: Log, clock: Pick<Clock, 'now'>, tell: (code: string, change: 1 | -1) => void = () => {}): Waits {
  const open = new Map<string, Wait>();
  const end = (key: string, { scope, code, reason, since, last }: Wait) => {
    open.delete(key);
    tell(code, -1);
    log.info({ scope, code, since, until: last }, `no longer waiting, ${scope}: ${reason}`);
  };
  return {
    met(scope, code, reason) {
      const now = clock.now();
      const before = open.get(`${scope} ${code}`);
      if (before !== undefined) before.last = now;
      else {
        open.set(`${scope} ${code}`, { scope, code, reason, since: now, last: now });
        tell(code, 1);
        log.info({ scope, code, since: now }, `waiting, ${scope}: ${reason}`);
      }
    },
    gotOn(scope) {
      const now = clock.now().getTime();
      for (const [key, wait] of open) if (wait.scope === scope && now - wait.last.getTime() >= overAfterMs) end(key, wait);
    },
    close(scope) {
      for (const [key, wait] of open) if (scope === undefined || wait.scope === scope) end(key, wait);
    },
  };
}
