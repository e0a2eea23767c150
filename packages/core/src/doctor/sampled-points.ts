import type { PointId, Symptom, SymptomFound } from '@reembed/contracts';
import { count as inDigits, percent } from '../domain/amounts.ts';
import { cosine } from '../domain/vector-base64.ts';
import { sameVectorCosine } from '../domain/vector-spaces.ts';
import { readRows, vectorFault } from '../recipes/stored-vector.ts';
import { label } from '../recipes/target-vector.ts';
import { twoGroups } from './two-groups.ts';

/** A sampled point with one of its vectors, as JSON text; undefined: it has none. `text`: what the template gives; null: no text; undefined: no template is known. */
export type SampledVector = { readonly id: PointId; readonly stored: string | undefined; readonly text: string | null | undefined };

export type SampledColumn = {
  /** The vector's name. */
  readonly vector: string;
  readonly distance: string;
  /** The share of the sample up to which what may have a harmless reason is no alarm. */
  readonly allow: number;
  readonly points: readonly SampledVector[];
};

/** Ids that are named of each finding. */
const mostIds = 10;

/** One finding; null where there is nothing of the kind. */
export function symptom(
  found: Omit<SymptomFound, 'count' | 'of' | 'ids'> & { readonly ids: readonly PointId[]; readonly of: number },
): SymptomFound[] {
  return found.ids.length === 0 ? [] : [{ ...found, count: found.ids.length, ids: found.ids.slice(0, mostIds) }];
}

/** `3 of 1,000 (0.3 %)`. */
export function shareInWords(ids: readonly unknown[], of: number): string {
  return `${inDigits(ids.length)} of ${inDigits(of)} (${percent(ids.length / of)})`;
}

/** What the numbers of a vector tell without any model. */
export function symptomsOf(column: SampledColumn): SymptomFound[] {
  const { vector, points } = column;
  const present = points.flatMap(({ stored, ...point }) => (stored === undefined ? [] : [{ ...point, stored }]));
  const missing = points.filter(({ stored }) => stored === undefined).map(({ id }) => id);
  const faults = present.map(({ id, stored }) => ({ id, fault: vectorFault(stored) }));
  const withFault = (wanted: string) => faults.filter(({ fault }) => fault === wanted).map(({ id }) => id);
  const say = (name: Symptom, alarm: boolean, ids: readonly PointId[], words: string) =>
    symptom({ symptom: name, alarm, vector, ids, of: points.length, message: `${shareInWords(ids, points.length)} ${words}` });
  const sound = present
    .filter((_, at) => faults[at]?.fault === null)
    .map((point) => ({ ...point, numbers: readRows(point.stored).rows[0] ?? new Float32Array() }));
  return [
    ...say('vector-missing', false, missing, `have no vector ${label(vector)}: no search of it finds them`),
    ...say('vector-zero', true, withFault('vector-zero'), `have only zeros as the vector ${label(vector)}, which is near nothing`),
    ...say('vector-not-finite', true, withFault('vector-not-finite'), `have a number in the vector ${label(vector)} that is none`),
    ...mixedNorms(column, sound),
    ...repeated(column, sound),
  ];
}

type Sound = Omit<SampledVector, 'stored'> & { readonly stored: string; readonly numbers: Float32Array };

const unitLength = 0.01;

/** Under Cosine the server makes all lengths one. Elsewhere a length counts, and of one model all are normalised or none. */
function mixedNorms({ vector, distance, points }: SampledColumn, sound: readonly Sound[]): SymptomFound[] {
  if (distance === 'Cosine') return [];
  const isUnit = ({ numbers }: Sound) => Math.abs(Math.hypot(...numbers) - 1) <= unitLength;
  const [unit, other] = [sound.filter(isUnit), sound.filter((one) => !isUnit(one))];
  const fewer = unit.length < other.length ? unit : other;
  const ids = fewer.map(({ id }) => id);
  const words = `have a vector ${label(vector)} that is ${fewer === unit ? '' : 'not '}of length 1, unlike the others: distance ${distance} ranks them by that, so some were not made as the rest`;
  return symptom({
    symptom: 'mixed-norms',
    alarm: true,
    vector,
    ids,
    of: points.length,
    message: `${shareInWords(ids, points.length)} ${words}`,
  });
}

/** What stands there more than once: vectors, texts, and the one without the other. */
function repeated({ vector, points, allow }: SampledColumn, sound: readonly Sound[]): SymptomFound[] {
  const of = points.length;
  const say = (name: Symptom, alarm: boolean, ids: readonly PointId[], words: string) =>
    symptom({ symptom: name, alarm, vector, ids, of, message: `${shareInWords(ids, of)} ${words}` });
  const byVector = [...Map.groupBy(sound, ({ stored }) => stored).values()].filter((same) => same.length > 1);
  const withText = sound.filter(({ text }) => typeof text === 'string');
  const byText = [...Map.groupBy(withText, ({ text }) => text).values()].filter((same) => same.length > 1);
  const sameText = byVector.filter((same) => new Set(same.map(({ text }) => text)).size === 1).flatMap((same) => same.slice(1));
  const otherText = byVector.filter((same) => new Set(same.map(({ text }) => text)).size > 1).flatMap((same) => same.slice(1));
  const torn = byText.flatMap((same) =>
    same.slice(1).filter(({ numbers }) => cosine(numbers, same[0]?.numbers ?? numbers) < sameVectorCosine),
  );
  const ids = (found: readonly Sound[]) => found.map(({ id }) => id);
  return [
    ...say('same-vector', false, ids(sameText), `have the vector ${label(vector)} of another point: copies take places in every answer`),
    ...say(
      'same-vector',
      otherText.length > allow * of,
      ids(otherText),
      `have the vector ${label(vector)} of another point, and another text: texts were cut where they begin alike, or payloads were edited alone`,
    ),
    ...say('same-text', false, ids(byText.flatMap((same) => same.slice(1))), 'have the text of another point'),
    ...say(
      'same-text-other-vector',
      true,
      ids(torn),
      `have the text of another point, and quite another vector ${label(vector)}: not one model, template and prefix made both`,
    ),
  ];
}

/** Where no model could be asked: whether the vectors fall into two groups with nothing in common. */
export function groupsOf({ vector, points }: SampledColumn): SymptomFound[] {
  const sound = points.flatMap(({ id, stored }) =>
    stored === undefined || vectorFault(stored) !== null ? [] : [{ id, numbers: readRows(stored).rows[0] ?? new Float32Array() }],
  );
  const groups = twoGroups(sound.map(({ numbers }) => numbers));
  if (groups === null) return [];
  const ids = groups.smaller.flatMap((at) => sound[at]?.id ?? []);
  const message = `${shareInWords(ids, points.length)} of the vectors ${label(vector)} lie apart from all others (cosine of the two middles ${groups.between.toFixed(2)}): two models do that, and two subjects may; name the model in the metadata of the collection (reembed.vectors), and it is found out`;
  return symptom({ symptom: 'two-groups', alarm: false, vector, ids, of: points.length, message });
}
