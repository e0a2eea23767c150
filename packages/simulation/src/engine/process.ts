import type { Scheduler } from './scheduler.ts';

/** Something that runs code of ours: it may sleep, as one that was stopped does, and die. */
export type SimProcess = {
  readonly name: string;
  readonly state: () => 'up' | 'asleep' | 'dead';
  /** When it is awake again, at the latest; in the past for one that is. */
  readonly wakesAt: () => number;
  /** Resumes code of this process after so many ms: when it is awake, and never where it has died. */
  resume(afterMs: number, code: () => void): void;
  sleep(ms: number): void;
  die(): void;
};

export type ProcessOptions = {
  readonly scheduler: Scheduler;
  readonly name: string;
  readonly onSleep?: () => void;
  readonly onWake?: () => void;
  readonly onDeath?: () => void;
};

export function createProcess({ scheduler, name, onSleep, onWake, onDeath }: ProcessOptions): SimProcess {
  let dead = false;
  let wakesAt = 0;
  const asleep = () => scheduler.now() < wakesAt;
  const process: SimProcess = {
    name,
    wakesAt: () => wakesAt,
    state: () => (dead ? 'dead' : asleep() ? 'asleep' : 'up'),
    resume(afterMs, code) {
      const resumed = () => {
        if (dead) return;
        if (asleep()) process.resume(wakesAt - scheduler.now(), code);
        else code();
      };
      scheduler.after(afterMs, resumed, 'wakes');
    },
    sleep(ms) {
      if (dead) return;
      wakesAt = Math.max(wakesAt, scheduler.now() + ms);
      onSleep?.();
      process.resume(ms, () => onWake?.());
    },
    die() {
      if (dead) return;
      dead = true;
      onDeath?.();
    },
  };
  return process;
}
