import { isReembedError } from '../domain/error.ts';
import { backoffMs } from '../domain/retry-policy.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { Searches } from '../ports/searches.ts';

const maxTries = 5;

/** A measurement is thousands of searches: one that meets a server busy for a moment is tried again, instead of beginning all of them anew. */
export function patientSearches({ searches, clock }: Pick<CoordinatorDeps, 'searches' | 'clock'>): Searches {
  return {
    async search(collection, request) {
      for (let tries = 1; ; tries++) {
        try {
          return await searches.search(collection, request);
        } catch (error) {
          if (!isReembedError(error) || error.retry === 'never' || tries === maxTries) throw error;
          await clock.sleep(error.retryAfterMs ?? backoffMs(tries - 1), request.signal);
        }
      }
    },
  };
}
