import { enter, leave, readTag, skipValue, tagOf, type WireMessage, wireType } from './wire-reader.ts';

/** Fields of VectorsOutput, NamedVectorsOutput and VectorOutput (points.proto), and of the entry of a map. */
const vectorsOutput = { one: tagOf(1, wireType.bytes), named: tagOf(2, wireType.bytes) };
const entry = { key: tagOf(1, wireType.bytes), value: tagOf(2, wireType.bytes) };
const vectorOutput = {
  data: tagOf(1, wireType.bytes),
  indices: tagOf(2, wireType.bytes),
  dense: tagOf(101, wireType.bytes),
  sparse: tagOf(102, wireType.bytes),
  multiDense: tagOf(103, wireType.bytes),
};
const firstField = tagOf(1, wireType.bytes);

/**
 * Whether every number of these vectors (a VectorsOutput) is finite. JSON has no others: REST refuses such a point by name, and on this way it
 * would be stored. What is not known here counts as not finite.
 */
export function vectorsAreFinite(vectors: WireMessage): boolean {
  return everyField(vectors, fieldIsFinite);
}

/** What a field of one message is judged by; each is made once, not for each of millions of points. */
type Judge = (tag: number, value: WireMessage) => boolean;

const fieldIsFinite: Judge = (tag, value) =>
  tag === vectorsOutput.one ? everyField(value, vectorIsFinite) : tag === vectorsOutput.named && everyField(value, namedIsFinite);
const namedIsFinite: Judge = (tag, pair) => tag === firstField && everyField(pair, entryIsFinite);
const entryIsFinite: Judge = (tag, value) => tag === entry.key || (tag === entry.value && everyField(value, vectorIsFinite));
const vectorIsFinite: Judge = (tag, value) => {
  if (tag === vectorOutput.data) return floatsAreFinite(value);
  if (tag === vectorOutput.dense) return everyField(value, denseIsFinite);
  if (tag === vectorOutput.sparse) return everyField(value, sparseIsFinite);
  if (tag === vectorOutput.multiDense) return everyField(value, rowIsFinite);
  return tag === vectorOutput.indices;
};
const denseIsFinite: Judge = (tag, floats) => tag === firstField && floatsAreFinite(floats);
const sparseIsFinite: Judge = (tag, numbers) => tag !== firstField || floatsAreFinite(numbers);
const rowIsFinite: Judge = (_, row) => everyField(row, denseIsFinite);

/** Whether a VectorOutput is a dense one of finite numbers that are not all zero. What is not known here counts as none. */
export function isDenseWithValues(vector: WireMessage): boolean {
  let hasValues = false;
  const judge = (floats: WireMessage) => {
    hasValues ||= hasValue(floats);
    return floatsAreFinite(floats);
  };
  const isDense = everyField(vector, (tag, value) => {
    if (tag === vectorOutput.data) return judge(value);
    return tag === vectorOutput.dense && everyField(value, (field, floats) => field === firstField && judge(floats));
  });
  return isDense && hasValues;
}

/** Whether one of these floats is anything but 0 and -0. */
function hasValue({ bytes, at, end }: WireMessage): boolean {
  for (let low = at; low < end; low += 4)
    if (bytes[low] !== 0 || bytes[low + 1] !== 0 || bytes[low + 2] !== 0 || ((bytes[low + 3] as number) & 0x7f) !== 0) return true;
  return false;
}

/** Of fields that are bytes; what is no bytes is leapt over, but for counts of rows there is none. */
function everyField(message: WireMessage, is: Judge): boolean {
  while (message.at < message.end) {
    const tag = readTag(message);
    if (tag % 8 !== wireType.bytes) skipValue(message, tag);
    else {
      const outer = enter(message);
      const holds = is(tag, message);
      leave(message, outer);
      if (!holds) return false;
    }
  }
  return true;
}

/** Packed floats, low byte first: one that is not finite has all eight bits of its exponent. */
function floatsAreFinite({ bytes, at, end }: WireMessage): boolean {
  if ((end - at) % 4 !== 0) throw new SyntaxError(`${end - at} bytes are no floats`);
  for (let high = at + 3; high < end; high += 4)
    if (((bytes[high] as number) & 0x7f) === 0x7f && (bytes[high - 1] as number) >= 0x80) return false;
  return true;
}
