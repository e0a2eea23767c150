import { isDeepStrictEqual } from 'node:util';
import { isPlainKey, type Spec, specSchema } from '@reembed/contracts';
import { type Effect, type Effects, type Refused, specFields, type TakenUp } from './spec-fields.ts';

/** One field that two specs of a migration differ in, the values as they are shown. */
export type SpecChange<Of extends Effect = Effect> = {
  readonly field: string;
  readonly before: string;
  readonly after: string;
  readonly effect: Of;
};

/**
 * What `after` changes of the spec that a migration goes by, the deepest fields that differ. A spec that another version kept is read as this
 * version would: a field it did not know has its default, one that only it knew is none.
 */
export function changesOf(before: Spec, after: Spec): SpecChange[] {
  const kept = specSchema.safeParse(known(before)).data ?? before;
  return compared(kept, after, { path: '', effects: specFields });
}

function known(spec: Spec): unknown {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => field in specFields));
}

type Place = { readonly path: string; readonly effects: Effects };

function compared(before: unknown, after: unknown, place: Place): SpecChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...fields].flatMap((field) => compared(before[field], after[field], within(place, field)));
  }
  return [{ field: place.path, before: shown(before), after: shown(after), effect: effectAt(place.effects, before) }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The place of a field: an effect holds for all that is in it. */
function within({ path, effects }: Place, field: string): Place {
  if (isEffect(effects)) return { path: `${path}.${isPlainKey(field) ? field : JSON.stringify(field)}`, effects };
  if (effects.each !== undefined) return { path: `${path}.${JSON.stringify(field)}`, effects: effects.each };
  const inner = effects[field];
  if (inner === undefined) throw new Error(`nobody says what becomes of a changed ${path}.${field}`);
  return { path: path === '' ? field : `${path}.${field}`, effects: inner };
}

function isEffect(effects: Effects): effects is Effect | ((before: unknown) => Effect) {
  return typeof effects === 'function' || 'from' in effects || 'decides' in effects;
}

/** A whole vector, or a recipe, that came or went decides what its first field decides. */
function effectAt(effects: Effects, before: unknown): Effect {
  if (isEffect(effects)) return typeof effects === 'function' ? effects(before) : (effects as Effect);
  const [inner] = Object.values(effects);
  if (inner === undefined) throw new Error('a field without fields of its own wants an effect');
  return effectAt(inner, undefined);
}

/** Longer values are cut, and of a long list only its length is said. */
const longestShown = 80;

function shown(value: unknown): string {
  if (value === undefined) return 'none';
  const json = JSON.stringify(value);
  if (json.length <= longestShown) return json;
  return Array.isArray(value) ? `a list of ${value.length}` : `${json.slice(0, longestShown)}…`;
}

export function isRefused(change: SpecChange): change is SpecChange<Refused> {
  return 'decides' in change.effect;
}

export function isTakenUp(change: SpecChange): change is SpecChange<TakenUp> {
  return !isRefused(change);
}

/** `copy.pagePoints: 100 -> 200`. */
export function changeInWords({ field, before, after }: Pick<SpecChange, 'field' | 'before' | 'after'>): string {
  return `${field}: ${before} -> ${after}`;
}
