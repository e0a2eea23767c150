import { failure } from '../api-error.ts';
import type { CollectionConfig } from '../config/collection-config.ts';
import type { PointView } from '../filter/point-view.ts';
import { OrderedIds } from '../ids/ordered-ids.ts';
import type { PointId } from '../ids/point-id.ts';
import { parseJson } from '../json/json-reader.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { fieldOfText } from '../payload/field-of-text.ts';
import type { Features } from '../server/versions.ts';
import type { Datatype } from '../vectors/datatypes.ts';
import type { Distance } from '../vectors/normalise.ts';
import type { NamedVectors, VectorInput } from '../vectors/vector-value.ts';
import { DenseColumn } from './dense-column.ts';
import { MultiColumn } from './multi-column.ts';
import { PayloadIndexes } from './payload-indexes.ts';
import { SparseColumn } from './sparse-column.ts';

export type Column = DenseColumn | MultiColumn | SparseColumn;
export const EMPTY_PAYLOAD = '{}';

/**
 * The points of a collection: every id has a slot, and each slot a payload (its canonical JSON text), a version (the number of the operation that last
 * changed it) and a row in the columns of the vectors it has. Slots of deleted points are used again.
 */
export class Collection {
  readonly config: CollectionConfig;
  readonly features: Features;
  readonly columns = new Map<string, Column>();
  readonly indexes = new PayloadIndexes();
  readonly order = new OrderedIds();
  /** Counts every accepted change; the number is the `operation_id` of answers and the `version` of points. */
  operations = 0;
  /** True after a change that makes the real server work on its segments, until someone looks: status is yellow then. */
  optimizing = false;
  private readonly slots = new Map<PointId, number>();
  private readonly ids: PointId[] = [];
  private readonly payloads: string[] = [];
  private readonly versions: number[] = [];
  private readonly free: number[] = [];
  private slotCount = 0;

  constructor(config: CollectionConfig, features: Features) {
    this.config = config;
    this.features = features;
    for (const [name, params] of config.vectors) this.columns.set(name, columnFor(params));
    for (const name of config.sparse.keys()) this.columns.set(name, new SparseColumn());
  }

  get size(): number {
    return this.order.size;
  }

  /** Slots are numbered below this; some are free. */
  get slotLimit(): number {
    return this.slotCount;
  }

  /** The id at a slot that is in use. */
  idAt(slot: number): PointId {
    return this.ids[slot] ?? 0;
  }

  slotOf(id: PointId): number | undefined {
    return this.slots.get(id);
  }

  payloadText(slot: number): string {
    return this.payloads[slot] ?? EMPTY_PAYLOAD;
  }

  payload(slot: number): JsonObject {
    const text = this.payloadText(slot);
    const value = text === EMPTY_PAYLOAD ? undefined : parseJson(Buffer.from(text));
    return isObject(value) ? value : new Map();
  }

  /** The value of a top-level key of a payload. */
  field(slot: number, key: string): JsonValue | undefined {
    return fieldOfText(this.payloadText(slot), key);
  }

  version(slot: number): number {
    return this.versions[slot] ?? 0;
  }

  view(id: PointId, slot: number): PointView {
    return {
      id,
      field: (key) => this.field(slot, key),
      hasVector: (name) => this.columns.get(name)?.has(slot) ?? false,
    };
  }

  /** The column a vector of that name belongs to. Throws 400 where the collection has none. */
  column(name: string): Column {
    const column = this.columns.get(name);
    if (column === undefined) throw failure.wrongInput(`Not existing vector name error: ${name}`);
    return column;
  }

  /** Replaces the whole point, or makes it. The vectors must have been checked with `checkVectors`. */
  put(id: PointId, payload: string, vectors: NamedVectors): void {
    let slot = this.slots.get(id);
    if (slot === undefined) {
      slot = this.free.pop() ?? this.slotCount++;
      this.slots.set(id, slot);
      this.ids[slot] = id;
      this.order.insert(id, slot);
    } else this.clearVectors(slot, vectors);
    this.payloads[slot] = payload;
    this.versions[slot] = this.operations;
    this.setVectors(slot, vectors);
  }

  setVectors(slot: number, vectors: NamedVectors): void {
    for (const [name, vector] of vectors) setRow(this.column(name), slot, vector);
    this.versions[slot] = this.operations;
  }

  setPayload(slot: number, payload: string): void {
    this.payloads[slot] = payload;
    this.versions[slot] = this.operations;
  }

  touch(slot: number): void {
    this.versions[slot] = this.operations;
  }

  remove(id: PointId): void {
    const slot = this.slots.get(id);
    if (slot === undefined) return;
    for (const column of this.columns.values()) column.remove(slot);
    this.payloads[slot] = EMPTY_PAYLOAD;
    this.slots.delete(id);
    this.order.remove(id);
    this.free.push(slot);
  }

  private clearVectors(slot: number, except: NamedVectors): void {
    for (const [name, column] of this.columns) if (!except.has(name)) column.remove(slot);
  }
}

export function columnFor(params: JsonObject): DenseColumn | MultiColumn {
  const options = {
    dimensions: Number(params.get('size')),
    distance: params.get('distance') as Distance,
    datatype: (params.get('datatype') ?? 'float32') as Datatype,
  };
  return params.has('multivector_config') ? new MultiColumn(options) : new DenseColumn(options);
}

function setRow(column: Column, slot: number, vector: VectorInput): void {
  if (column.kind === 'sparse') {
    if (vector.kind === 'sparse') column.set(slot, vector);
  } else if (vector.kind === 'dense' || vector.kind === 'multi') column.set(slot, vector.values);
}
