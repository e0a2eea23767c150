import type { PointId } from '@reembed/contracts';
import { type Hit, skipJsonSpace, skipJsonValue, walkJsonObject } from '@reembed/core';
import { readId, walkPoints } from './slice-points.ts';

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
