import { parsePayloadPath } from '@reembed/contracts';
import type { CollectionInfo } from '../../domain/collection-info.ts';
import { readPayloadField } from '../../domain/payload-field.ts';
import type { PointText } from '../../domain/point.ts';
import { fieldText } from '../../recipes/render-text.ts';

/** What one dense vector of every point takes. */
export type VectorSize = {
  readonly dimensions: number;
  /** Of a multivector, in the mean; a single vector is one. The graph has a node for each point, however many rows it has. */
  readonly rows: number;
  readonly bytesPerNumber: number;
  readonly onDisk: boolean;
  /** Links of a point in the HNSW graph. */
  readonly m: number;
  /** Bytes a point of what quantisation keeps besides. */
  readonly quantised: number;
  /** Whether these too are read from disk. */
  readonly quantisedOnDisk: boolean;
};

export type Footprint = { readonly diskBytes: number; readonly memoryBytes: number };

type Payload = { readonly bytes: number; readonly onDisk: boolean };

const datatypes: Readonly<Record<string, number>> = { float32: 4, float16: 2, uint8: 1, turbo4: 0.5 };

/** Bytes a link takes; the lowest layer has two times `m` of them. */
const linkBytes = 4;

/**
 * What Qdrant keeps for so many points: vectors by their datatype, 2 m links of 4 bytes in the graph, quantised copies, payloads by the
 * mean of the sample. `besides`: what a point's sparse vectors and payload indexes take. Without the write-ahead log and what segments
 * leave free.
 */
export function footprint(points: number, vectors: readonly VectorSize[], payload: Payload, besides: readonly Footprint[] = []): Footprint {
  const perVector = vectors.map(({ dimensions, rows, bytesPerNumber, onDisk, m, quantisedOnDisk, ...size }) => {
    const numbers = rows * dimensions * bytesPerNumber;
    const quantised = rows * size.quantised;
    const graph = 2 * m * linkBytes;
    return { diskBytes: numbers + graph + quantised, memoryBytes: graph + (quantisedOnDisk ? 0 : quantised) + (onDisk ? 0 : numbers) };
  });
  const kept = { diskBytes: payload.bytes, memoryBytes: payload.onDisk ? 0 : payload.bytes };
  const { diskBytes, memoryBytes } = allOf([...perVector, kept, ...besides]);
  return { diskBytes: points * diskBytes, memoryBytes: points * memoryBytes };
}

/** All of them together. */
export function allOf(parts: readonly Footprint[]): Footprint {
  return parts.reduce(
    (sum, { diskBytes, memoryBytes }) => ({ diskBytes: sum.diskBytes + diskBytes, memoryBytes: sum.memoryBytes + memoryBytes }),
    { diskBytes: 0, memoryBytes: 0 },
  );
}

/** The vectors of a collection as it is configured. `rows`: those of a point, by name, in the mean of a sample; left out: one. */
export function vectorSizes(source: CollectionInfo, rows: Readonly<Record<string, number>> = {}): ReadonlyMap<string, VectorSize> {
  return new Map(
    Object.entries(source.vectors).map(([name, params]) => [name, { ...sizeOf(source, params, params.size), rows: rows[name] ?? 1 }]),
  );
}

/** A vector of other dimensions in the same collection, or in one with its settings. */
export function sizeOf(source: CollectionInfo, params: Readonly<Record<string, unknown>>, dimensions: number): VectorSize {
  const { hnswConfig, quantizationConfig } = source;
  const own = asObject(params.hnsw_config).m ?? hnswConfig.m;
  const quantization = asObject(params.quantization_config ?? quantizationConfig);
  const onDisk = params.on_disk === true || params.memory === 'cold';
  return {
    ...{ dimensions, rows: 1 },
    bytesPerNumber: datatypes[String(params.datatype ?? 'float32')] ?? 4,
    onDisk,
    m: typeof own === 'number' ? own : 16,
    quantised: quantisedBytes(quantization, dimensions),
    quantisedOnDisk: isOnDisk(asObject(Object.values(quantization)[0]), onDisk),
  };
}

const bitsPerNumber: Readonly<Record<string, number>> = {
  one_bit: 1,
  one_and_half_bits: 1.5,
  two_bits: 2,
  bits1: 1,
  bits1_5: 1.5,
  bits2: 2,
  bits4: 4,
};

/** As Qdrant documents its kinds; `compression` counts from four bytes a number, and what is not said is Qdrant's default. */
function quantisedBytes({ scalar, product, binary, turbo }: Readonly<Record<string, unknown>>, dimensions: number): number {
  if (scalar !== undefined) return dimensions;
  if (product !== undefined) return (dimensions * 4) / Number(String(asObject(product).compression).slice(1));
  if (binary !== undefined) return (dimensions * (bitsPerNumber[String(asObject(binary).encoding)] ?? 1)) / 8;
  return turbo === undefined ? 0 : (dimensions * (bitsPerNumber[String(asObject(turbo).bits)] ?? 4)) / 8;
}

/** Quantised vectors are where the originals are, unless they say otherwise. */
function isOnDisk({ always_ram, memory }: Readonly<Record<string, unknown>>, originalsOnDisk: boolean): boolean {
  if (memory !== undefined && memory !== null) return memory === 'cold';
  return originalsOnDisk && always_ram !== true;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

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
  return of(sparseValue, values, isIndexOnDisk((index ?? {}) as Params));
}

/** What the payload indexes of one point take, by the mean of the sample. */
export function indexFootprint(payloadSchema: CollectionInfo['payloadSchema'], sample: readonly Pick<PointText, 'payload'>[]): Footprint {
  const fields = Object.entries(payloadSchema).map(([field, schema]) => {
    const params: Params = typeof schema === 'string' ? { type: schema } : (schema as Params);
    const count = params.type === 'text' ? countWords : countValues;
    return fieldFootprint(params, mean(sample.map(({ payload }) => count(payload, field))));
  });
  return allOf(fields);
}

/** `values`: those of a point, or the words of its text. */
function fieldFootprint(params: Params, values: number): Footprint {
  const onDisk = isIndexOnDisk(params);
  if (params.type !== 'text') return of(indexedValue[String(params.type)] ?? indexedWord, values, onDisk);
  const words = of(indexedWord, values, onDisk);
  return params.phrase_matching === true ? allOf([words, of(placedWord, values, onDisk)]) : words;
}

function countWords(payload: string, path: string): number {
  return fieldText(payload, path).match(/\S+/g)?.length ?? 0;
}

function countValues(payload: string, path: string): number {
  const value = readPayloadField(payload, parsePayloadPath(path) ?? [path]);
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
function isIndexOnDisk({ on_disk, memory }: Params): boolean {
  return memory === undefined ? on_disk === true : memory === 'cold';
}
