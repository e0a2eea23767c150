import type { CollectionInfo } from '../../domain/collection-info.ts';
import { readPayloadField } from '../../domain/payload-text.ts';
import type { PointText } from '../../domain/point.ts';
import { fieldText } from '../../recipes/render-text.ts';
import { allOf, type Footprint } from './footprint.ts';

/**
 * Bytes, as Qdrant 1.19 tells them itself (`GET /collections/{c}/memory`): what it grew by from 40,000 to 100,000 points with texts of 60 words. What
 * every collection takes however few its points are, some ten megabytes of files for each index, is left out.
 */
type Bytes = { readonly disk: number; readonly memory: number; readonly memoryOnDisk: number };

/** Of a value in a sparse vector: storage, which is on disk, and the inverted index. */
const sparseValue: Bytes = { disk: 16, memory: 6.3, memoryOnDisk: 1.6 };

/** Of an indexed value, by type. On disk only keywords and texts were measured: the others are taken for keywords. */
const indexedValue: Readonly<Record<string, Bytes>> = {
  keyword: { disk: 31, memory: 30, memoryOnDisk: 6 },
  uuid: { disk: 63, memory: 88, memoryOnDisk: 6 },
  integer: { disk: 77, memory: 105, memoryOnDisk: 6 },
  float: { disk: 35, memory: 41, memoryOnDisk: 6 },
  datetime: { disk: 35, memory: 38, memoryOnDisk: 6 },
  geo: { disk: 31, memory: 42, memoryOnDisk: 6 },
  bool: { disk: 0.5, memory: 0.5, memoryOnDisk: 0.5 },
};
/** Of a word in a text index, and what its places add where it finds phrases. */
const indexedWord: Bytes = { disk: 1, memory: 1.9, memoryOnDisk: 0.9 };
const placedWord: Bytes = { disk: 6.5, memory: 7.2, memoryOnDisk: 0.9 };

type Params = Readonly<Record<string, unknown>>;

/** What one point's sparse vector takes that has so many values. */
export function sparseFootprint(values: number, { index }: Params): Footprint {
  return of(sparseValue, values, isOnDisk((index ?? {}) as Params));
}

/** What the payload indexes of one point take, by the mean of the sample. */
export function indexFootprint(payloadSchema: CollectionInfo['payloadSchema'], sample: readonly Pick<PointText, 'payload'>[]): Footprint {
  const fields = Object.entries(payloadSchema).map(([field, schema]) => {
    const params: Params = typeof schema === 'string' ? { type: schema } : (schema as Params);
    const count = params.type === 'text' ? countWords : countValues;
    const path = field.split('[]')[0] ?? field;
    return fieldFootprint(params, mean(sample.map(({ payload }) => count(payload, path))));
  });
  return allOf(fields);
}

/** `values`: those of a point, or the words of its text. */
function fieldFootprint(params: Params, values: number): Footprint {
  const onDisk = isOnDisk(params);
  if (params.type !== 'text') return of(indexedValue[String(params.type)] ?? indexedWord, values, onDisk);
  const words = of(indexedWord, values, onDisk);
  return params.phrase_matching === true ? allOf([words, of(placedWord, values, onDisk)]) : words;
}

function countWords(payload: string, path: string): number {
  return fieldText(payload, path).match(/\S+/g)?.length ?? 0;
}

function countValues(payload: string, path: string): number {
  const value = readPayloadField(payload, path.split('.'));
  if (value === null || value === undefined) return 0;
  return Array.isArray(value) ? value.length : 1;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function of({ disk, memory, memoryOnDisk }: Bytes, values: number, onDisk: boolean): Footprint {
  return { diskBytes: disk * values, memoryBytes: (onDisk ? memoryOnDisk : memory) * values };
}

/** `memory` goes before `on_disk`, which it replaces. */
function isOnDisk({ on_disk, memory }: Params): boolean {
  return memory === undefined ? on_disk === true : memory === 'cold';
}
