import { expect, it } from 'vitest';
import { z } from 'zod';
import { backfillBodySchema, specSchema, switchBodySchema } from './index.ts';

const words = (schema: z.ZodType, input: unknown) => schema.safeParse(input).error?.issues.map(({ message }) => message);

it.each<[z.ZodType, unknown, string]>([
  [z.string(), undefined, 'wants text'],
  [z.string(), 5, 'wants text'],
  [z.int(), 1.5, 'wants a whole number'],
  [z.coerce.number(), 'many', 'wants a number'],
  [z.boolean(), 'yes', 'wants true or false'],
  [z.array(z.string()), {}, 'wants a list'],
  [z.strictObject({}), 'a', 'wants fields with values'],
  [z.record(z.string(), z.string()), 1, 'wants names with values'],
  [z.enum(['auto', 'manual']), 'now', 'wants "auto" or "manual"'],
  [z.string().min(1), '', 'must not be empty'],
  [z.string().min(16), 'short', 'wants at least 16 characters'],
  [z.array(z.string()).max(1), ['a', 'b'], 'wants at most 1 entries'],
  [z.number().min(0), -1, 'wants at least 0'],
  [z.number().positive(), 0, 'wants more than 0'],
  [z.url(), 'a b', 'wants an address such as http://host:1234'],
  [z.iso.datetime(), 'yesterday', 'wants a moment such as 2026-01-31T12:00:00Z'],
  [z.union([z.literal('measured'), z.number()]), true, 'wants "measured" or a number'],
  [z.strictObject({}), { colour: 1 }, 'has a field that is not known: colour; check its spelling'],
])('what is wanted is said in plain words: %# %j', (schema, input, message) => {
  expect(words(schema, input)).toEqual([message]);
});

/** Values that fit nowhere, one after the other in every place of a good input. */
const misfits = [undefined, null, 5, -1, 'x'.repeat(300), '', true, [], {}, [5], { colour: 5 }];

function* spoilt(input: unknown): Generator<unknown> {
  yield* misfits;
  if (typeof input !== 'object' || input === null) return;
  for (const key of Object.keys(input)) for (const value of spoilt(Reflect.get(input, key))) yield { ...input, [key]: value };
}

it.each<[string, z.ZodType, object]>([
  ['a switch', switchBodySchema, { override: { gate: 'quality', by: 'Ada', reason: 'so' }, acceptLateWrites: true }],
  ['a backfill', backfillBodySchema, { collection: 'docs', vector: 'new', model: 'a/b', text: '{{t}}', dimensions: 3 }],
  [
    'a spec',
    specSchema,
    {
      name: 'a',
      source: { collection: 'old', vectors: { '': { model: 'a/b', text: '{{t}}' } }, filter: {}, textFrom: { url: 'http://a' } },
      target: { collection: 'new', inPlace: false, alias: 'docs', payload: {}, settings: {} },
      vectors: { '': { embed: { model: 'a/b', text: '{{t}}', dimensions: 3 }, distance: 'Cosine' } },
      copy: { rangePoints: 1 },
      sync: { changedField: 'at', maxDeleteShare: 0.5 },
      search: { new: { using: '', prefetch: [] } },
      gates: { queries: [], qrels: [] },
      switch: { mode: 'auto', freeze: { url: 'http://a', timeoutMs: 5 } },
    },
  ],
])('whatever is wrong with %s, no message speaks the language of the schema library', (_, schema, good) => {
  for (const input of spoilt(good))
    for (const message of words(schema, input) ?? [])
      expect(message).not.toMatch(/invalid|expected|received|undefined|\bNaN\b|Unrecognized|Too (?:big|small)/i);
});
