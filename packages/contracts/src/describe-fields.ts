import { z } from 'zod';

/** A field for people, as documentation shows it. */
export type FieldRow = {
  /** `gates.queries[].id`; `<name>` stands for a name that users choose. */
  readonly path: string;
  /** What may stand there, in words; empty: fields of its own, which follow. */
  readonly value: string;
  /** As JSON; undefined: it has to be said, or its description tells what holds without it. */
  readonly byDefault: string | undefined;
  readonly required: boolean;
  /** Undefined: nobody described it. */
  readonly description: string | undefined;
};

type Schema = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
};

/**
 * Every field of what users write, as the schema has them, those of a group behind it. Of a group whose fields stand above already that
 * is said instead.
 */
export function describeFields(schema: z.ZodType): FieldRow[] {
  return fieldsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema, '', new Map());
}

/** `seen`: the path of the group that has these fields. */
function fieldsOf(schema: Schema, path: string, seen: Map<string, string>): FieldRow[] {
  const { properties = {}, required = [], additionalProperties: named, items, anyOf = [] } = schema;
  return [
    ...Object.entries(properties).flatMap(([name, field]) => {
      const isRequired = required.includes(name) && field.default === undefined;
      return rowsOf(field, path === '' ? name : `${path}.${name}`, isRequired, seen);
    }),
    ...(typeof named === 'object' ? fieldsOf(named, `${path}.<name>`, seen) : []),
    ...(items === undefined ? [] : fieldsOf(items, `${path}[]`, seen)),
    ...anyOf.flatMap((part) => fieldsOf(part, path, seen)),
  ];
}

/** A field, and the fields in it. */
function rowsOf(field: Schema, path: string, required: boolean, seen: Map<string, string>): FieldRow[] {
  const { description, properties } = field;
  if (properties === undefined) {
    const byDefault = field.default === undefined ? undefined : JSON.stringify(field.default);
    return [{ path, value: inWords(field), byDefault, required, description }, ...fieldsOf(field, path, seen)];
  }
  const group = { path, byDefault: undefined, required, description };
  const like = seen.get(JSON.stringify(properties));
  if (like !== undefined) return [{ ...group, value: `as \`${like}\`` }];
  seen.set(JSON.stringify(properties), path);
  return [{ ...group, value: '' }, ...fieldsOf(field, path, seen)];
}

function inWords(field: Schema): string {
  const { anyOf, enum: choices, const: only, type, items = {} } = field;
  if (anyOf !== undefined) return anyOf.map(inWords).join(' or ');
  if (choices !== undefined) return choices.map((choice) => `\`${String(choice)}\``).join(', ');
  if (only !== undefined) return `\`${String(only)}\``;
  if (type === undefined) return 'anything';
  if (typeof type !== 'string') return type.map((one) => inWords({ ...field, type: one })).join(' or ');
  return typeWords[type]?.(field) ?? `list of ${inWords(items).replace(/^object$/, 'objects')}`;
}

const typeWords: Readonly<Record<string, (field: Schema) => string>> = {
  string: () => 'text',
  boolean: () => '`true`, `false`',
  null: () => 'null',
  object: () => 'object',
  number: (field) => `number${boundsInWords(field)}`,
  integer: ({ exclusiveMinimum, minimum = exclusiveMinimum === undefined ? undefined : exclusiveMinimum + 1, maximum }) =>
    `integer${boundsInWords({ ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) })}`,
};

/** Bounds of every number that a program can hold say nothing. */
function boundsInWords({ minimum, exclusiveMinimum, maximum }: Schema): string {
  const bound = (word: string, value: number | undefined) =>
    value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? '' : ` ${word} ${value.toLocaleString('en')}`;
  return `${bound('from', minimum)}${bound('above', exclusiveMinimum)}${bound('to', maximum)}`;
}
