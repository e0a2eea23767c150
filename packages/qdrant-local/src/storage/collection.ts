import { failure } from '../api/api-error.ts';
import type { Features } from '../api/versions.ts';
import type { CollectionConfig } from '../config/collection-config.ts';
import type { Check, PointView } from '../filter/field-condition.ts';
import { parseJson } from '../json/json-reader.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { fieldOfText } from '../points/field-of-text.ts';
import { OrderedIds } from '../points/ordered-ids.ts';
import type { PointId } from '../points/point-id.ts';
import type { NamedVectors } from '../vectors/vector-input.ts';
import { type Column, checkDimensions, checkVector, columnFor, setRow } from './columns.ts';
import { PayloadIndexes } from './payload-indexes.ts';

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
  /** Counts every accepted change; the number is the `operation_id` of answers and the `version` of points. */
  operations = 0;
  /** True after a change that makes the real server work on its segments, until someone looks: status is yellow then. */
  optimizing = false;
  private readonly order = new OrderedIds();
  private readonly slots = new Map<PointId, number>();
  private readonly ids: PointId[] = [];
  private readonly payloads: string[] = [];
  private readonly versions: number[] = [];
  private readonly free: number[] = [];
  private slotCount = 0;

  constructor(config: CollectionConfig, features: Features) {
    this.config = config;
    this.features = features;
    for (const [name, params] of config.vectors) this.columns.set(name, columnFor('dense', params));
    for (const [name, params] of config.sparse) this.columns.set(name, columnFor('sparse', params));
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

  /** Calls `visit` for every point that passes (every point where there is no check), in scroll order from an id on, until it returns false. */
  walk({ from, check }: { from?: PointId | undefined; check?: Check | undefined }, visit: (id: PointId, slot: number) => unknown): void {
    this.order.walk(from, (id, slot) => (check !== undefined && !check(this.view(id, slot))) || visit(id, slot) !== false);
  }

  /** The column a vector of that name belongs to. Throws 400 where the collection has none. */
  column(name: string): Column {
    const column = this.columns.get(name);
    if (column === undefined) throw failure.wrongInput(`Not existing vector name error: ${name}`);
    return column;
  }

  /** Throws 400 where a vector's name, kind or dimension is not the collection's. */
  checkVectors(vectors: NamedVectors): void {
    for (const [name, vector] of vectors) checkVector(this.column(name), vector);
  }

  /**
   * The part of that check that comes before anything of a request is written: dimensions of vectors whose names are known. Names and kinds are only looked at
   * point by point, so that a request may fail with some of its points written.
   */
  checkDimensions(vectors: NamedVectors): void {
    for (const [name, vector] of vectors) {
      const column = this.columns.get(name);
      if (column !== undefined) checkDimensions(column, vector, name);
    }
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
