import { isReembedError } from '@reembed/core';
import type { AbsenceNews } from '../terminal/reporter.ts';

/** For how long a coordinator is asked again that was heard before, and one that never was, in ms. */
export const patienceMs = { heard: 600_000, unheard: 30_000 };

export type Absence = {
  /** It answered, or sent anything. */
  heard(): void;
  /** Throws the error of an answer that did not come: at once where that does not pass by itself, else once it has lasted too long. */
  failed(error: unknown): void;
};

/** Keeps count of one coordinator that is followed; each absence is told once, and so is its end. `now`: ms since 1970, monotonic. */
export function createAbsence(tell: (news: AbsenceNews) => void, now = () => performance.timeOrigin + performance.now()): Absence {
  let heardAt: number | null = null;
  let away: { readonly since: string; readonly until: number } | null = null;
  return {
    heard() {
      heardAt = now();
      if (away !== null) tell({ type: 'back', since: away.since, at: iso(heardAt) });
      away = null;
    },
    failed(error) {
      // A connection that breaks is opened again first: proxies cut long ones.
      if (!isReembedError(error)) return;
      if (error.retry === 'never') throw error;
      if (away === null) {
        away = { since: iso(heardAt ?? now()), until: now() + (heardAt === null ? patienceMs.unheard : patienceMs.heard) };
        tell({ type: 'away', since: away.since, until: iso(away.until), message: error.message });
      }
      if (now() >= away.until) throw error;
    },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
