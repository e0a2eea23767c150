import { keepTextIndex, type TextIndex, type TextIndexes } from '../filter/text-index.ts';
import type { JsonObject, JsonValue } from '../json/json-value.ts';

/** A payload index: the schema as it was asked for, and as the collection's info shows it. */
export type PayloadIndex = { type: string; params: JsonObject | null };

/** The payload indexes of a collection. They are schema: filters scan, and only ask which fields have an index of which type. */
export class PayloadIndexes {
  private readonly fields = new Map<string, PayloadIndex>();
  private readonly textIndexes = new Map<string, TextIndex>();

  get size(): number {
    return this.fields.size;
  }

  get(field: string): PayloadIndex | undefined {
    return this.fields.get(field);
  }

  set(field: string, index: PayloadIndex): void {
    this.fields.set(field, index);
    if (index.type === 'text') this.textIndexes.set(field, keepTextIndex(index.params ?? new Map()));
    else this.textIndexes.delete(field);
  }

  delete(field: string): void {
    this.fields.delete(field);
    this.textIndexes.delete(field);
  }

  /** How matches on the fields with a text index work. */
  texts(): TextIndexes {
    return this.textIndexes;
  }

  entries(): [string, PayloadIndex][] {
    return [...this.fields];
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
