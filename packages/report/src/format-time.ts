const space = '\u00a0';
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
