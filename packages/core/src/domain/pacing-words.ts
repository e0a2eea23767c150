import { count } from './amounts.ts';
import { hibernationMs, type LatencyLimits, type Pacing } from './pacing.ts';

/** Why a migration goes as fast as it does: `at most 2,100 points/s: …`. */
export function paceInWords({ state, pointsPerSecond, idleMs, lastMs }: Pacing, limits: LatencyLimits | null): string {
  if (limits === null) return 'as fast as it can: nothing is full';
  const atRest = idleMs === null ? '' : `; at rest they took ${ms(idleMs)}`;
  const took = lastMs === null ? '' : `searches take ${ms(lastMs)} (p95)${atRest}`;
  if (state === 'measuring') return 'how long searches take at rest is measured first';
  if (state === 'hibernating')
    return `nothing is read for ${hibernationMs / 1_000} s, and then until searches are faster: ${took}, and throttle.criticalLatencyMs is ${limits.criticalMs}`;
  if (pointsPerSecond === null) return took === '' ? 'as fast as it can: there is nothing to search yet' : `as fast as it can: ${took}`;
  const tooSlowAtRest = idleMs !== null && limits.maxMs !== null && idleMs > limits.maxMs ? ', so no pace will do: raise it' : '';
  return `at most ${count(pointsPerSecond)} points/s: ${took}, and throttle.maxSearchLatencyMs is ${limits.maxMs}${tooSlowAtRest}`;
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
