import { cosine } from '../domain/vector-base64.ts';

/** `smaller`: positions of the group with fewer members; `between`: the cosine of the middles of both. */
export type TwoGroups = { readonly smaller: readonly number[]; readonly between: number };

/** Vectors of one model lean the same way, its own: the middles of two subjects have that in common. Those of two models have nothing. */
const mostBetween = 0.15;
/** How near the members of a group are to its middle, in the mean: less is no group. */
const leastWithin = 0.3;
const fewestMembers = 3;
const rounds = 10;

/**
 * Whether vectors fall into two groups with nothing in common: two means by cosine (Dhillon and Modha 2001, spherical k-means), begun from the mean and
 * what is farthest from it. Null: they do not.
 */
export function twoGroups(vectors: readonly Float32Array[]): TwoGroups | null {
  const unit = vectors.map(normalised);
  const all = middleOf(unit);
  if (unit.length < 2 * fewestMembers || all === null) return null;
  const far = unit.reduce((least, one) => (cosine(one, all) < cosine(least, all) ? one : least), all);
  let middles: readonly [Float32Array, Float32Array] = [all, far];
  let isSecond: boolean[] = [];
  for (let round = 0; round < rounds; round++) {
    const [one, other] = middles;
    isSecond = unit.map((vector) => cosine(vector, other) > cosine(vector, one));
    const parts = [middleOf(unit.filter((_, at) => !isSecond[at])), middleOf(unit.filter((_, at) => isSecond[at]))] as const;
    if (parts[0] === null || parts[1] === null) return null;
    middles = [parts[0], parts[1]];
  }
  const between = cosine(middles[0], middles[1]);
  const groups = [false, true].map((second) => [...unit.keys()].filter((at) => isSecond[at] === second));
  const isGroup = (members: readonly number[], middle: Float32Array) =>
    members.length >= fewestMembers &&
    members.reduce((sum, at) => sum + cosine(unit[at] ?? middle, middle), 0) / members.length >= leastWithin;
  if (between > mostBetween || !groups.every((members, at) => isGroup(members, at === 0 ? middles[0] : middles[1]))) return null;
  const [first = [], second = []] = groups;
  return { smaller: first.length < second.length ? first : second, between };
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

function middleOf(vectors: readonly Float32Array[]): Float32Array | null {
  const [first] = vectors;
  if (first === undefined) return null;
  const sum = new Float64Array(first.length);
  for (const vector of vectors) for (const [at, value] of vector.entries()) sum[at] = (sum[at] ?? 0) + value;
  return normalised(Float32Array.from(sum, (value) => value / vectors.length));
}
