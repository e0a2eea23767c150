import { failure } from '../api-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import type { PayloadIndex } from '../storage/payload-indexes.ts';
import { type FieldTable, pickFields } from './field-table.ts';

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
  if (typeof value === 'string' && value in TYPES) return { type: value, params: null };
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
