import type { PointId } from '@reembed/contracts';
import { type Hit, type PointText, parsePointId, skipJsonSpace, skipJsonValue, walkJsonObject } from '@reembed/core';

/** An answer's points, and where the next page starts. */
export type SlicedPoints = { readonly points: readonly PointText[]; readonly next: PointId | null };

const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const quote = 0x22;

/**
 * Cuts the answer to a scroll, a retrieve or a query into points, as the text they came in: no number is parsed. Vectors are leapt over by
 * indexOf, so that a page costs little more than reading its payloads' quotes. Keys may come in any order, and unknown ones (score,
 * version, shard_key, order_value) are skipped. Throws SyntaxError where the text is no such answer.
 */
export function slicePoints(answer: string): SlicedPoints {
  let sliced: SlicedPoints | null = null;
  walkJsonObject(answer, skipJsonSpace(answer, 0), (key, at) => {
    if (key !== 'result') return skipJsonValue(answer, at);
    const result = sliceResult(answer, at);
    sliced = result.sliced;
    return result.end;
  });
  if (sliced === null) throw new SyntaxError('the answer has no "result"');
  return sliced;
}

/** `[point, ...]` of a retrieve, or `{"points": [...], "next_page_offset": ...}` of a scroll or query. */
function sliceResult(text: string, at: number): { sliced: SlicedPoints; end: number } {
  const points: PointText[] = [];
  if (text.charCodeAt(at) === openBracket) return { end: slicePointArray(text, at, points), sliced: { points, next: null } };
  let next: PointId | null = null;
  let found = false;
  const end = walkJsonObject(text, at, (key, valueAt) => {
    if (key === 'points') {
      found = true;
      return slicePointArray(text, valueAt, points);
    }
    const valueEnd = skipJsonValue(text, valueAt);
    if (key === 'next_page_offset') next = readNext(text.slice(valueAt, valueEnd));
    return valueEnd;
  });
  if (!found) throw new SyntaxError('the answer has no "points"');
  return { sliced: { points, next }, end };
}

function readNext(source: string): PointId | null {
  return source === 'null' ? null : readId(source);
}

function slicePointArray(text: string, at: number, points: PointText[]): number {
  return walkPoints(text, at, (pointAt) => slicePoint(text, pointAt, points));
}

/** Calls `visit` with the position of every point; it answers the position after it. Answers the position after the array. */
function walkPoints(text: string, at: number, visit: (at: number) => number): number {
  if (text.charCodeAt(at) !== openBracket) throw new SyntaxError('"points" is not an array');
  let next = skipJsonSpace(text, at + 1);
  if (text.charCodeAt(next) === closeBracket) return next + 1;
  for (;;) {
    next = skipJsonSpace(text, visit(next));
    if (text.charCodeAt(next) === closeBracket) return next + 1;
    if (text.charCodeAt(next) !== comma) throw new SyntaxError(`JSON text at ${next}: a comma or the end of the points was expected`);
    next = skipJsonSpace(text, next + 1);
  }
}

function slicePoint(text: string, at: number, points: PointText[]): number {
  let id: PointId | null = null;
  let payload = '{}';
  let vectors: Readonly<Record<string, string>> = {};
  const end = walkJsonObject(text, at, (key, valueAt) => {
    if (key === 'vector') {
      const sliced = sliceVectors(text, valueAt);
      vectors = sliced.vectors;
      return sliced.end;
    }
    const valueEnd = skipJsonValue(text, valueAt);
    if (key === 'id') id = readId(text.slice(valueAt, valueEnd));
    if (key === 'payload' && text.charCodeAt(valueAt) === openBrace) payload = text.slice(valueAt, valueEnd);
    return valueEnd;
  });
  if (id === null) throw new SyntaxError('a point has no id');
  points.push({ id, payload, vectors });
  return end;
}

/** Throws SyntaxError where the JSON text is not the id of a point. */
function readId(source: string): PointId {
  const id = parsePointId(source.charCodeAt(0) === quote ? source.slice(1, -1) : source);
  if (id === null) throw new SyntaxError(`${source} is not the id of a point`);
  return id;
}

/** A bare array is the unnamed vector; an object holds vectors by name; null and absent mean none. */
function sliceVectors(text: string, at: number): { vectors: Readonly<Record<string, string>>; end: number } {
  const first = text.charCodeAt(at);
  if (first === openBracket) {
    const end = skipVector(text, at);
    return { vectors: { '': text.slice(at, end) }, end };
  }
  if (first !== openBrace) return { vectors: {}, end: skipJsonValue(text, at) };
  const entries: [string, string][] = [];
  const end = walkJsonObject(text, at, (name, valueAt) => {
    const valueEnd = skipVector(text, valueAt);
    entries.push([name, text.slice(valueAt, valueEnd)]);
    return valueEnd;
  });
  // fromEntries and not assignment: a vector may be named __proto__.
  return { vectors: Object.fromEntries(entries), end };
}

/** Dense: an array of numbers; multivector: an array of those; sparse: an object of two. */
function skipVector(text: string, at: number): number {
  if (text.charCodeAt(at) === openBrace) return walkJsonObject(text, at, (_key, valueAt) => skipNumbers(text, valueAt));
  if (text.charCodeAt(at) !== openBracket) throw new SyntaxError(`JSON text at ${at}: a vector was expected`);
  let next = skipJsonSpace(text, at + 1);
  if (text.charCodeAt(next) !== openBracket) return skipNumbers(text, at);
  for (;;) {
    next = skipJsonSpace(text, skipNumbers(text, next));
    if (text.charCodeAt(next) === closeBracket) return next + 1;
    next = skipJsonSpace(text, next + 1);
  }
}

/** An array of numbers ends at its first bracket. */
function skipNumbers(text: string, at: number): number {
  const end = text.charCodeAt(at) === openBracket ? text.indexOf(']', at + 1) : -1;
  if (end === -1) throw new SyntaxError(`JSON text at ${at}: an array of numbers was expected`);
  return end + 1;
}

/** The hits of a query's answer, payloads as the text they came in. Throws SyntaxError where the text is no such answer. */
export function sliceHits(answer: string): Hit[] {
  const hits: Hit[] = [];
  let found = false;
  walkJsonObject(answer, skipJsonSpace(answer, 0), (key, at) => {
    if (key !== 'result') return skipJsonValue(answer, at);
    return walkJsonObject(answer, at, (inner, valueAt) => {
      if (inner !== 'points') return skipJsonValue(answer, valueAt);
      found = true;
      return walkPoints(answer, valueAt, (pointAt) => sliceHit(answer, pointAt, hits));
    });
  });
  if (!found) throw new SyntaxError('the answer has no "points"');
  return hits;
}

function sliceHit(text: string, at: number, hits: Hit[]): number {
  let id: PointId | null = null;
  let score = Number.NaN;
  let payload = '{}';
  const end = walkJsonObject(text, at, (key, valueAt) => {
    const valueEnd = skipJsonValue(text, valueAt);
    const value = text.slice(valueAt, valueEnd);
    if (key === 'id') id = readId(value);
    if (key === 'score') score = Number(value);
    if (key === 'payload' && value !== 'null') payload = value;
    return valueEnd;
  });
  if (id === null || Number.isNaN(score)) throw new SyntaxError('a hit has no id or no score');
  hits.push({ id, score, payload });
  return end;
}
