import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { specSchema } from './spec.ts';

type Schema = { readonly properties?: Record<string, Schema>; readonly additionalProperties?: Schema | boolean; readonly anyOf?: Schema[] };

/** Names of all fields, wherever they stand; names that users choose are none. */
function fieldNames(schema: Schema): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => [name, ...fieldNames(inner)]);
  const under = typeof schema.additionalProperties === 'object' ? fieldNames(schema.additionalProperties) : [];
  return [...own, ...under, ...(schema.anyOf ?? []).flatMap(fieldNames)];
}

it('docs/spec.md names every field of the spec', () => {
  const page = readFileSync(new URL('../../../docs/spec.md', import.meta.url), 'utf8');
  const names = [...new Set(fieldNames(z.toJSONSchema(specSchema, { io: 'input' }) as Schema))];
  expect(names.length).toBeGreaterThan(40);
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});
