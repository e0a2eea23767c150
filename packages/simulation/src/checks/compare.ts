import type { Spec } from '@reembed/contracts';
import type { PointText } from '@reembed/core';
import { fakeVector } from '@reembed/testkit/fakes/fake-models';

/** The reference: what a point of the source is to be in the target. */
export function expectedPoint({ vectors }: Spec, source: PointText): PointText {
  const { body } = JSON.parse(source.payload) as { body: string };
  const made = Object.entries(vectors).map(([name, recipe]) => {
    const kept = recipe.keep === undefined ? undefined : source.vectors[recipe.keep];
    return [name, kept ?? JSON.stringify([...Float32Array.from(fakeVector(body))])] as const;
  });
  return { id: source.id, payload: source.payload, vectors: Object.fromEntries(made) };
}

/** Whether the target has what the source's point is to be; both may be absent. */
export function isBroughtAlong(spec: Spec, source: PointText | undefined, target: PointText | undefined): boolean {
  if (source === undefined || target === undefined) return source === target;
  const expected = expectedPoint(spec, source);
  const sameVectors = Object.entries(expected.vectors).every(([name, text]) => target.vectors[name] === text);
  return sameVectors && expected.payload === target.payload;
}

export function byText(points: readonly PointText[]): ReadonlyMap<string, PointText> {
  return new Map(points.map((point) => [point.id.id, point]));
}

/** Ids of points that are not the very same objects in both: what an effect has changed. */
export function changedIds(before: readonly PointText[], after: readonly PointText[]): string[] {
  if (before === after) return [];
  const [old, fresh] = [byText(before), byText(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((id) => old.get(id) !== fresh.get(id));
}
