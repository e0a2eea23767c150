import type { ModelLimits, TimeRange } from '@reembed/contracts';
import type { ModelRecord, RateLimits } from '../../ports/embedder.ts';

/** Points a second, as measured on two cores shared with Qdrant (docs/performance.md): busy and quiet, of 512 dimensions. */
const copied = { slow: 4_000, fast: 15_000 };
/** Points a second that HNSW takes up on two cores: 60,000 of 512 dimensions in 9.7 s, and half of that under load. */
const indexed = { slow: 3_000, fast: 6_000 };
/** What was measured has this many dimensions; work grows with them. */
const measuredDimensions = 512;
/** Multiplications that a learned map makes in a second on one core: with a kernel on a busy machine, and without one on a quiet one (docs/performance.md). */
const mapped = { slow: 5.5e9, fast: 12e9 };
/** How much longer than its limit a provider takes where pauses and repeats come in between. */
const slack = 1.25;

export type EmbedWork = {
  readonly model: string;
  readonly texts: number;
  readonly tokens: number;
  readonly limits: ModelLimits;
  readonly record: ModelRecord | null;
  readonly workers: number;
  /** Texts of one request: a page of points, unless the provider takes fewer. */
  readonly textsPerRequest: number;
};

/** Reading, writing and indexing points with vectors of so many dimensions in all. */
export function copyTime(points: number, dimensions: number): TimeRange {
  const weight = Math.max(dimensions / measuredDimensions, 0.25) * points;
  return {
    lowSeconds: weight / copied.fast + weight / indexed.fast,
    highSeconds: weight / copied.slow + weight / indexed.slow,
    boundBy: 'copying and indexing, as measured on 2 cores',
  };
}

/** A learned map, or one such as would be fitted; `landmarks`: 0 without a kernel. */
export type MapSize = { readonly from: number; readonly to: number; readonly landmarks: number };

/** Bringing every vector through a map, by workers that have a core each. */
export function mapTime(points: number, { from, to, landmarks }: MapSize, workers: number): TimeRange {
  const each = landmarks === 0 ? from * to : landmarks * (from + to);
  const all = (points * each) / workers;
  return {
    lowSeconds: all / mapped.fast,
    highSeconds: all / mapped.slow,
    boundBy: `the learned map, as measured on a core, in ${workers} worker(s)`,
  };
}

/** How long the model takes for all texts. */
export function embedTime(work: EmbedWork): TimeRange {
  const { model, tokens, record, workers } = work;
  const local = record?.tokensPerSecondPerWorker ?? null;
  if (local !== null) {
    const seconds = tokens / (local * workers);
    return {
      lowSeconds: seconds,
      highSeconds: seconds * 2,
      boundBy: `${model} in ${workers} worker(s), each with a core to itself or half of one`,
    };
  }
  const { slowest: slow, fastest: fast } = slowestAndFastest(work);
  if (slow === 0)
    return { lowSeconds: 0, highSeconds: null, boundBy: `how fast ${model} answers, which is not known: try it on a part (source.filter)` };
  return {
    lowSeconds: fast,
    highSeconds: slow * slack,
    boundBy: `the limits of ${model}${byTier(work) ? ', by the tier of the account' : ''}`,
  };
}

/** Embedding and copying go on together, so the longer of both counts. */
export function together(embed: TimeRange, copy: TimeRange): TimeRange {
  const slower = embed.highSeconds === null || (copy.highSeconds !== null && embed.highSeconds > copy.highSeconds) ? embed : copy;
  return {
    lowSeconds: Math.max(embed.lowSeconds, copy.lowSeconds),
    highSeconds: embed.highSeconds === null || copy.highSeconds === null ? null : Math.max(embed.highSeconds, copy.highSeconds),
    boundBy: slower.boundBy,
  };
}

/** What more workers change. A request is taken to last a second, and every stream has one under way. */
export function moreWorkers(work: EmbedWork, streams: number): string {
  const { model, texts, record } = work;
  const local = record?.tokensPerSecondPerWorker ?? null;
  if (local !== null) return `Each worker that has a core of its own adds about ${local} tokens/s of ${model}; there is no other limit.`;
  const { slowest, fastest } = slowestAndFastest(work);
  if (slowest === 0 || texts === 0) return `No limit of ${model} is known: more workers help until it answers more slowly.`;
  const atLeast = texts / slowest;
  const [reached, most] = reachedBy(work, streams);
  const higher = fastest > 0 && fastest < slowest ? `, or ${most} at the highest tier (${rate(texts / fastest)})` : '';
  return `${model} allows ${rate(atLeast)}${byTier(work) ? ' at the lowest tier' : ''}, which ${reached} worker(s) reach where a request takes a second${higher}; more than that change nothing.`;
}

/** How many workers reach the limits of the smallest and of the largest account; Infinity where there is none. */
export function reachedBy(work: EmbedWork, streams: number): [number, number] {
  const { slowest, fastest } = slowestAndFastest(work);
  const perWorker = streams * work.textsPerRequest;
  return [Math.ceil(work.texts / slowest / perWorker), Math.ceil(work.texts / fastest / perWorker)];
}

/** Whether limits hang on the account. */
function byTier({ record }: EmbedWork): boolean {
  return (record?.accountLimits.least ?? null) !== null;
}

/** Seconds by the limits of the smallest account and of the largest; 0 where there is none. */
function slowestAndFastest(work: EmbedWork): { slowest: number; fastest: number } {
  const { limits, record } = work;
  const { least, most } = record?.accountLimits ?? { least: null, most: null };
  return {
    slowest: Math.max(secondsAt(limits, work) ?? 0, (least && secondsAt(least, work)) ?? 0),
    fastest: Math.max(secondsAt(limits, work) ?? 0, (most && secondsAt(most, work)) ?? 0),
  };
}

function rate(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en-US')} texts/s`;
}

/** Null where nothing limits it. */
function secondsAt(limits: RateLimits, { texts, tokens, textsPerRequest }: EmbedWork): number | null {
  const { requestsPerMinute, tokensPerMinute, inputsPerMinute } = limits;
  const minutes = [
    requestsPerMinute === null ? 0 : texts / textsPerRequest / requestsPerMinute,
    tokensPerMinute === null ? 0 : tokens / tokensPerMinute,
    inputsPerMinute === null ? 0 : texts / inputsPerMinute,
  ];
  const longest = Math.max(...minutes) * 60;
  return longest === 0 ? null : longest;
}
