import { expect, it } from 'vitest';
import { z } from 'zod';
import { describeFields } from './describe-fields.ts';
import { requantizeBodySchema } from './requantize.ts';
import * as requests from './requests.ts';
import { specSchema } from './spec.ts';

const one = (schema: z.ZodType) => describeFields(z.strictObject({ field: schema }))[0];

const undescribed = (schema: z.ZodType) =>
  describeFields(schema).flatMap(({ path, description }) => (/^[A-Z].*\.$/s.test(description ?? '') ? [] : [path]));

it('has every field of a spec described in a sentence', () => {
  expect(describeFields(specSchema).length).toBeGreaterThan(60);
  expect(undescribed(specSchema)).toEqual([]);
});

const { backfillBodySchema, switchBodySchema, completeBodySchema, cancelBodySchema, compareBodySchema } = requests;
const { rollbackBodySchema, resumeBodySchema, adoptBodySchema, failureChoiceSchema, pageQuerySchema, lateWriteWordSchema } = requests;

it.each<[string, z.ZodType]>(
  Object.entries({
    ...{ backfillBodySchema, switchBodySchema, completeBodySchema, cancelBodySchema, compareBodySchema, requantizeBodySchema },
    ...{ rollbackBodySchema, resumeBodySchema, adoptBodySchema, failureChoiceSchema, pageQuerySchema, lateWriteWordSchema },
  }),
)('has every field of a request described in a sentence: %s', (_, schema) => {
  expect(undescribed(schema).filter((path) => !path.startsWith('quantization.'))).toEqual([]);
});

it('sees a field that nobody described', () => {
  expect(one(z.string())).toMatchObject({ path: 'field', description: undefined });
});

it.each<[string, z.ZodType]>([
  ['text', z.string()],
  ['`a`, `b`', z.enum(['a', 'b'])],
  ['integer from 1 to 1,000', z.int().positive().max(1_000)],
  ['integer', z.int()],
  ['number above 0', z.number().positive()],
  ['number from -1 to 1', z.number().min(-1).max(1)],
  ['`true`, `false`', z.boolean()],
  ['text or null', z.string().nullable()],
  ['`all` or list of integer from 1', z.union([z.literal('all'), z.array(z.int().positive())])],
  ['list of objects', z.array(z.strictObject({ a: z.string() }))],
  ['object', z.record(z.string(), z.unknown())],
  ['anything', z.unknown()],
])('says what may stand in a field: %s', (words, schema) => {
  expect(one(schema)?.value).toBe(words);
});

it('tells what has to be said from what has a default', () => {
  expect(one(z.string())).toMatchObject({ required: true, byDefault: undefined });
  expect(one(z.string().optional())).toMatchObject({ required: false, byDefault: undefined });
  expect(one(z.string().default('x'))).toMatchObject({ required: false, byDefault: '"x"' });
});

it('goes into groups, lists and what users name, and lists a group once', () => {
  const group = z.strictObject({ a: z.string(), b: z.int() });
  const fields = describeFields(
    z.strictObject({
      first: group,
      second: group.optional(),
      list: z.array(z.strictObject({ c: z.int() })),
      named: z.record(z.string(), z.strictObject({ d: z.int() })),
    }),
  );
  expect(fields.map(({ path, value }) => [path, value])).toEqual([
    ['first', ''],
    ['first.a', 'text'],
    ['first.b', 'integer'],
    ['second', 'as `first`'],
    ['list', 'list of objects'],
    ['list[].c', 'integer'],
    ['named', 'object'],
    ['named.<name>.d', 'integer'],
  ]);
});
