import type { TextIndexes } from '../filter/text-index.ts';
import type { JsonObject, JsonValue } from '../json/json-value.ts';

/** A payload index: the schema as it was asked for, and as the collection's info shows it. */
export type PayloadIndex = { type: string; params: JsonObject | null };

/** The payload indexes of a collection. They are schema: filters scan, and only ask which fields have an index of which type. */
export class PayloadIndexes {
  private readonly fields = new Map<string, PayloadIndex>();

  get size(): number {
    return this.fields.size;
  }

  get(field: string): PayloadIndex | undefined {
    return this.fields.get(field);
  }

  set(field: string, index: PayloadIndex): void {
    this.fields.set(field, index);
  }

  delete(field: string): void {
    this.fields.delete(field);
  }

  texts(): TextIndexes {
    return new Map();
  }

  /** `payload_schema` of the collection's info. */
  json(countPoints: (field: string) => number): JsonObject {
    return new Map(
      [...this.fields].map(([field, { type, params }]): [string, JsonValue] => [
        field,
        new Map<string, JsonValue>([
          ['data_type', type],
          ...(params === null ? [] : [['params', params] as [string, JsonValue]]),
          ['points', BigInt(countPoints(field))],
        ]),
      ]),
    );
  }
}
