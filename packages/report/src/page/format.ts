import { isEstimated, type MetricName, type SearchMode } from '@reembed/contracts';

const minus = '\u2212';
const space = '\u00a0';

/** Digits after the point, grouped, with a real minus; what rounds to zero carries no sign. */
function fixed(value: number, digits: number): string {
  const text = Math.abs(value).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return value < 0 && /[1-9]/.test(text) ? `${minus}${text}` : text;
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return fixed(count, 0);
}

/** `1 point`, `1,200 points`; the plural only where it is no plain s. */
export function formatCounted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)}${space}${count === 1 ? one : many}`;
}

/** A metric between 0 and 1: `0.412`. */
export function formatMetric(value: number): string {
  return fixed(value, 3);
}

/** A difference of metrics, signed: `+0.057`. */
export function formatDifference(value: number): string {
  const text = formatMetric(value);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** `[0.031, 0.084]`; where all queries differ by the same none can be estimated. */
export function formatInterval(interval: { readonly lower: number; readonly upper: number }): string {
  if (!isEstimated(interval)) return '(no interval)';
  return `[${formatMetric(interval.lower)}, ${formatMetric(interval.upper)}]`;
}

/** Of any similarity or distance, so of any size: three decimals below 100, none from there. */
export function formatScore(score: number): string {
  return fixed(score, Math.abs(score) < 100 ? 3 : 0);
}

/** A share between 0 and 1: `93 %`; only nothing is `0 %`, and only all is `100 %`. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.005) return `under 1${space}%`;
  if (share < 1 && share >= 0.995) return `over 99${space}%`;
  return `${fixed(share * 100, 0)}${space}%`;
}

/** `$1,234.50`; the smallest amounts as `under $0.01`. */
export function formatUsd(usd: number): string {
  return usd > 0 && usd < 0.01 ? 'under $0.01' : `$${fixed(usd, 2)}`;
}

/** The time of one request, ms: `4.2 ms`, `120 ms`, `1.25 s`. */
export function formatLatency(ms: number): string {
  if (ms >= 1000) return `${fixed(ms / 1000, 2)}${space}s`;
  return `${fixed(ms, ms < 100 ? 1 : 0)}${space}ms`;
}

const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
] as const;
const clock = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

/** How long something took, ms, in its two largest units: `2 h 14 min`; below ten seconds with a decimal. */
export function formatDuration(ms: number): string {
  if (ms < 9950) return `${(ms / 1000).toFixed(1)}${space}s`;
  const seconds = Math.round(ms / 1000) * 1000;
  const first = units.findIndex((unit) => seconds >= unit.ms);
  const [large, small] = units.slice(first);
  if (large === undefined || small === undefined) return `${seconds / 1000}${space}s`;
  // Rounded in the small unit first, so that 59.7 min never reads "60 min".
  const rounded = Math.round(seconds / small.ms) * small.ms;
  if (first > 0 && rounded === (units[first - 1]?.ms ?? 0)) return formatDuration(rounded);
  const rest = Math.round((rounded % large.ms) / small.ms);
  const head = `${Math.floor(rounded / large.ms)}${space}${large.name}`;
  return rest === 0 ? head : `${head} ${rest}${space}${small.name}`;
}

/** `22 Nov 2026, 18:38 UTC`. */
export function formatTime(iso: string): string {
  return `${clock.format(new Date(iso))}${space}UTC`;
}

const metricNames = { 'ndcg@10': 'nDCG@10', 'recall@10': 'Recall@10', 'mrr@10': 'MRR@10' } as const satisfies Record<MetricName, string>;

/** `nDCG@10, exact`. */
export function metricTitle({ metric, mode }: { readonly metric: MetricName; readonly mode: SearchMode }): string {
  return `${metricNames[metric]}, ${mode}`;
}
