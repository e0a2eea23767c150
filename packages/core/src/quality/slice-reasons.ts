import { isEstimated, type QualitySlice } from '@reembed/contracts';
import { fewestQueries } from './quality-verdict.ts';
import { differenceInWords, signed } from './reason-numbers.ts';

/** The slices that stand in the way of a switch, the worst first. */
export function stoppingSlices(slices: readonly QualitySlice[], wanted: number): string[] {
  const of = (verdict: QualitySlice['verdict']) => slices.filter((slice) => slice.verdict === verdict);
  return [
    ...of('fail').map((slice) => `${numbersOf(slice)}; at least ${signed(wanted)} wanted`),
    ...of('inconclusive').map((slice) => `${numbersOf(slice)}: it lost, perhaps by more than ${signed(wanted)}`),
  ];
}

/** What the other slices show, which were not judged, and which queries are in none. */
export function otherSlices(slices: readonly QualitySlice[], fields: readonly string[], labelled: number): string[] {
  const shown = slices.filter(({ verdict }) => verdict === 'pass');
  return [
    ...(shown.length === 0 ? [] : [`no loss is shown for ${shown.map(inShort).join(', ')}`]),
    ...fields.flatMap((field) => notJudged(field, slices)),
    ...fields.flatMap((field) => inNone(field, slices, labelled)),
  ];
}

function numbersOf(slice: QualitySlice): string {
  const { queries, mode, old, new: fresh, level } = slice;
  return `${nameOf(slice)}: nDCG@10 ${old.toFixed(3)} old, ${fresh.toFixed(3)} new over ${queries} queries, ${mode}: ${differenceInWords(slice, percentOf(level))}`;
}

function inShort(slice: QualitySlice): string {
  const { queries, lower, upper } = slice;
  const between = isEstimated(slice) ? `${signed(lower)} to ${signed(upper)}` : `${signed(lower)} for every one`;
  return `${nameOf(slice)} (${queries} queries: ${between})`;
}

function notJudged(field: string, slices: readonly QualitySlice[]): string[] {
  const small = slices.filter((slice) => slice.field === field && slice.value !== null && slice.verdict === 'not-measured');
  if (small.length === 0) return [];
  const pool = slices.find((slice) => slice.field === field && slice.value === null);
  const together = pool !== undefined && pool.verdict !== 'not-measured';
  const names = small.map(({ value, independent }) => `${JSON.stringify(value)} (${independent})`).join(', ');
  const how = together ? 'judged together only, with' : 'not judged:';
  return [`${field} ${names}: ${how} fewer than ${fewestQueries} labelled queries about different documents each`];
}

/** The small ones are counted by their pool: only the first few have a row of their own. */
function inNone(field: string, slices: readonly QualitySlice[], labelled: number): string[] {
  const own = slices.filter((slice) => slice.field === field);
  const pooled = own.some(({ value }) => value === null);
  const counted = own.filter(({ value, verdict }) => value === null || !pooled || verdict !== 'not-measured');
  const known = counted.reduce((sum, { queries }) => sum + queries, 0);
  if (known >= labelled) return [];
  return [
    `${labelled - known} of ${labelled} labelled queries are in no slice by ${field}: neither they nor a relevant document that was found say it`,
  ];
}

/** `language "de"`, or `the small slices of language together`. */
function nameOf({ field, value }: QualitySlice): string {
  return value === null ? `the small slices of ${field} together` : `${field} ${JSON.stringify(value)}`;
}

/** 97.5, without the zeros of a rounder one. */
function percentOf(level: number): string {
  return String(Number((100 * level).toFixed(2)));
}
