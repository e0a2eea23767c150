import type { SearchSystem } from '@reembed/contracts';

/** What to be careful about where the target is asked in parts: a whole that finds less than a part, a part that finds nothing. */
export function systemReasons(systems: readonly SearchSystem[], queries: number): string[] {
  const whole = systems.find(({ role }) => role === 'whole');
  if (whole === undefined) return [];
  const parts = systems.filter(({ role }) => role === 'part');
  return [...parts.flatMap((part) => comparedReasons(whole, part)), ...parts.flatMap((part) => emptyReasons(part, queries))];
}

/** Of what applications ask, the warning; of what they could ask instead, only what surely finds more. */
function comparedReasons(whole: SearchSystem, part: SearchSystem): string[] {
  const { metrics, wholeGains: gains } = part;
  if (metrics === null || whole.metrics === null || gains === null) return [];
  const interval = `${signed(gains.difference)}, 95 % interval ${signed(gains.lower)} to ${signed(gains.upper)}`;
  const numbers = `nDCG@10 ${whole.metrics.ndcg.toFixed(3)} against ${metrics.ndcg.toFixed(3)}, ${interval}`;
  if (whole.asked && gains.difference < 0)
    return [`${whole.name} finds less than ${part.name}: ${numbers}; ask that one alone, or mend the other part`];
  if (part.asked && gains.lower > 0) return [`${whole.name} would find more than ${part.name}, which search.new asks: ${numbers}`];
  return [];
}

function emptyReasons({ name, empty }: SearchSystem, queries: number): string[] {
  return empty === 0 ? [] : [`${name} finds nothing for ${empty} of ${queries} queries`];
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
}
