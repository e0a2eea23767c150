import { failure } from '../api/api-error.ts';
import { type FieldTable, pickFields } from '../config/field-table.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { keepTextIndex, type TextIndex, type TextIndexes } from '../text/text-index.ts';

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

const STORED = {
  on_disk: { kind: 'bool' },
  enable_hnsw: { kind: 'bool' },
  memory: { kind: 'word', words: ['cold', 'cached', 'pinned'] },
} as const satisfies FieldTable;
const PRINCIPAL = { is_principal: { kind: 'bool' } } as const satisfies FieldTable;

/** The parameters of an index, by its type. */
const TYPES: Record<string, FieldTable> = {
  keyword: { is_tenant: { kind: 'bool' }, ...STORED, prefix: { kind: 'bool' } },
  integer: { lookup: { kind: 'bool' }, range: { kind: 'bool' }, ...PRINCIPAL, ...STORED },
  float: { ...PRINCIPAL, ...STORED },
  geo: STORED,
  text: {
    tokenizer: { kind: 'word', words: ['prefix', 'whitespace', 'word', 'multilingual'] },
    min_token_len: { kind: 'uint' },
    max_token_len: { kind: 'uint' },
    lowercase: { kind: 'bool' },
    ascii_folding: { kind: 'bool' },
    phrase_matching: { kind: 'bool' },
    stopwords: { kind: 'any' },
    stemmer: { kind: 'any' },
    ...STORED,
  },
  bool: STORED,
  datetime: { ...PRINCIPAL, ...STORED },
  uuid: { is_tenant: { kind: 'bool' }, ...STORED },
};

/** Parameters that are shown even where they were not given. */
const SHOWN: Record<string, [string, JsonValue][]> = {
  integer: [
    ['lookup', null],
    ['range', null],
    ['is_principal', null],
  ],
  float: [['is_principal', null]],
  datetime: [['is_principal', null]],
  text: [['tokenizer', 'word']],
};

/** `field_schema` of a request: the name of a type, or a type with parameters. Throws 400. */
export function readIndexSchema(value: JsonValue): PayloadIndex {
  if (value === null) throw failure.badRequest("Can't auto-detect field type, please specify `field_schema` in the request");
  if (typeof value === 'string' && Object.hasOwn(TYPES, value)) return { type: value, params: null };
  const type = isObject(value) ? value.get('type') : undefined;
  const fields = typeof type === 'string' ? TYPES[type] : undefined;
  if (typeof type !== 'string' || fields === undefined || !isObject(value))
    throw failure.format('data did not match any variant of untagged enum PayloadFieldSchema');
  const params: JsonObject = new Map<string, JsonValue>([
    ['type', type],
    ...(SHOWN[type] ?? []),
    ...pickFields(fields, value, 'field_schema'),
  ]);
  return { type, params };
}
